/** What the sources of one folder may import. */
export interface Layer {
  /** Folders, or files as `store/port`, of which anything may be imported. */
  readonly may: readonly string[];
  /** The same, of which types alone may be imported. */
  readonly mayTypes?: readonly string[];
  /** Modules of Node (without `node:`): all, or these. */
  readonly node: 'all' | readonly string[];
  /** Packages of npm: all, or these. */
  readonly npm: 'all' | readonly string[];
  /** A pure folder has no clock, no chance, no process and no network of its own. */
  readonly pure?: true;
}

const NONE = [] as const;
const pure = (...may: readonly string[]): Layer => ({ may, node: NONE, npm: NONE, pure: true });
const shell = (...may: readonly string[]): Layer => ({ may, node: 'all', npm: 'all' });

const BELOW_SERVER = (
  'oci azure access network admission limit connection http directory trust auth registry store arm state operation outbound ' +
  'denials lab backup base-image outside sqlite config system telemetry'
).split(' ');

/**
 * The import table of ARCHITECTURE.md. A key names a folder of `src`, or a folder or file within one, which then counts
 * in place of its folder. Importing within a folder is free.
 */
export const LAYERS: Readonly<Record<string, Layer>> = {
  oci: pure(),
  azure: pure(),
  access: pure('azure'),
  network: { ...pure('azure'), node: ['net'] },
  admission: pure('network', 'azure'),
  limit: pure(),
  attack: pure(),
  connection: shell('network', 'limit', 'telemetry'),
  http: { ...shell('oci', 'azure', 'telemetry'), mayTypes: ['store/port'] },
  auth: shell('access', 'oci', 'azure', 'directory', 'trust', 'http', 'telemetry'),
  registry: shell('access', 'oci', 'store/port', 'http', 'telemetry'),
  store: shell('oci', 'sqlite', 'system', 'telemetry'),
  'store/decide': { ...pure('oci'), mayTypes: ['store/port'] },
  arm: shell('azure', 'access', 'network', 'admission', 'http', 'state/port', 'telemetry'),
  state: shell('azure', 'access', 'sqlite', 'telemetry'),
  directory: shell('azure', 'access', 'sqlite', 'telemetry'),
  denials: shell('azure', 'access', 'sqlite', 'telemetry'),
  'base-image': shell('oci', 'telemetry'),
  outside: shell('oci', 'base-image', 'telemetry'),
  lab: shell('azure', 'network', 'state/port', 'system', 'telemetry'),
  operation: { ...shell('azure', 'oci', 'sqlite', 'outbound', 'telemetry'), mayTypes: ['store/port'] },
  outbound: shell('azure', 'oci', 'network', 'telemetry'),
  trust: shell('azure', 'oci', 'telemetry'),
  backup: shell('sqlite', 'state', 'store', 'trust'),
  sqlite: shell(),
  config: { ...shell('azure'), mayTypes: ['limit/client'] },
  system: shell(),
  telemetry: shell(),
  cli: shell('oci', 'azure', 'attack', 'config', 'system'),
  'cli/lab-image.ts': shell('config', 'base-image'),
  'cli/banner.ts': { ...shell(), mayTypes: ['server/ready'] },
  'cli/serve.ts': shell('config', 'server'),
  'cli/offline.ts': shell('config', 'server'),
  'cli/tools.ts': shell('config', 'server'),
  'main.ts': shell('cli'),
  server: shell(...BELOW_SERVER),
  testkit: shell(...BELOW_SERVER, 'server'),
};

/** What a pure folder must not name, each with what to do instead. */
export const IMPURE: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bDate\.now\b|\bnew Date\(\)/, 'take the time as an argument (nowMs)'],
  [/\bMath\.random\b|\bcrypto\.randomUUID\b/, 'take what is random as an argument'],
  [/\bperformance\.now\b/, 'take the time as an argument'],
  [/(?<![.\w])process\./, 'take what is needed of the process as an argument'],
  [/(?<![.\w])fetch\(/, 'a pure folder calls nobody'],
  [/(?<![.\w])set(?:Timeout|Interval|Immediate)\(/, 'a pure folder waits for nothing'],
];
