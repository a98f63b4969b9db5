import type { Config, TlsSource } from './config.ts';
import { type Contradiction, contradictions, unpaired } from './contradiction.ts';
import type { Perimeter } from './perimeter.ts';
import type { Origin, Problem } from './problem.ts';
import { REHEARSAL_REGISTRY, type RegistryDeclaration } from './registry.ts';
import { type Form, SETTINGS, SETTING_KEYS, type Setting, type SettingKey, type SettingValues } from './setting.ts';
import { type Gathered, type Given, type Sources, gather } from './sources.ts';

/** The outcome of loading a configuration. `origins` says of each setting where its value came from. */
export type LoadedConfig =
  | {
      readonly kind: 'loaded';
      readonly config: Config;
      readonly values: SettingValues;
      readonly origins: ReadonlyMap<string, Origin>;
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[]; readonly warnings: readonly string[] };

const DEFAULT: Origin = { kind: 'default' };

/** Reads flags, environment and file, fills in the defaults of this form, and refuses what contradicts itself. */
export async function loadConfig(form: Form, sources: Sources): Promise<LoadedConfig> {
  const { given, problems: wrongSources, warnings } = await gather(sources);
  const scalars = readScalars(form, given);
  const declared = await readDeclared(form, given.get('registries'));
  const perimeter = await readPerimeter(given);
  const problems = [...wrongSources, ...scalars.problems, ...declared.problems, ...perimeter.problems];
  const { values } = scalars;
  if (problems.length > 0) return { kind: 'refused', problems, warnings };
  const origins = new Map([...given].map(([key, { origin }]) => [key, origin]));
  const configFile = [...origins.values()].flatMap((one) => (one.kind === 'file' ? [one.path] : []))[0];
  const config = configOf(form, values, { registries: declared.registries, configFile, ...perimeter.lists });
  const clashes = [...unpairedFiles(values), ...contradictions(config)];
  if (clashes.length > 0)
    return { kind: 'refused', problems: clashes.map((clash) => asProblem(clash, origins)), warnings };
  return { kind: 'loaded', config, values, origins, warnings };
}

function readScalars(form: Form, given: Gathered['given']): { values: SettingValues; problems: readonly Problem[] } {
  const values: Partial<Record<SettingKey, unknown>> = {};
  const problems: Problem[] = [];
  for (const key of SETTING_KEYS) {
    const { kind, defaults }: Setting<unknown, unknown> = SETTINGS[key];
    const source = given.get(key);
    values[key] = source === undefined ? defaults[form] : kind.read(source.raw);
    if (source !== undefined && values[key] === undefined)
      problems.push({ setting: key, value: source.raw, origin: source.origin, why: `must be ${kind.allowed}` });
  }
  // Each value was made by the kind of its own key, which the loop above cannot say to the compiler.
  return { values: values as SettingValues, problems };
}

type Declared = { readonly registries: readonly RegistryDeclaration[]; readonly problems: readonly Problem[] };

async function readDeclared(form: Form, given: Given | undefined): Promise<Declared> {
  if (given === undefined) return { registries: form === 'up' ? [REHEARSAL_REGISTRY] : [], problems: [] };
  const { raw, origin } = given;
  // The schema's library takes a tenth of a second to load, which a start without declared registries need not wait for.
  const { readRegistries } = await import('./registry-schema.ts');
  const read = readRegistries(origin.kind === 'environment' ? fromText(raw) : raw);
  if (read.kind === 'registries') return { registries: read.registries, problems: [] };
  const problems = read.faults.map(({ path, value, why }) => ({ setting: `registries${path}`, value, origin, why }));
  return { registries: [], problems };
}

async function readPerimeter(
  given: Gathered['given'],
): Promise<{ readonly lists: Perimeter; readonly problems: readonly Problem[] }> {
  const lists: { -readonly [K in keyof Perimeter]: Perimeter[K] } = {
    networkListeners: [],
    networkEgress: [],
    proxies: [],
  };
  const problems: Problem[] = [];
  const read = async <K extends keyof Perimeter>(key: K): Promise<void> => {
    const source = given.get(key);
    if (source === undefined) return;
    const { raw, origin } = source;
    const { readPerimeterList } = await import('./perimeter-schema.ts');
    const list = readPerimeterList(key, origin.kind === 'environment' ? fromText(raw) : raw);
    if ('values' in list) lists[key] = list.values;
    else
      problems.push(...list.faults.map(({ path, value, why }) => ({ setting: `${key}${path}`, value, origin, why })));
  };
  await read('networkListeners');
  await read('networkEgress');
  await read('proxies');
  return { lists, problems };
}

/** A variable holds the list as JSON; what is no JSON stays text, which the schema refuses. */
function fromText(raw: unknown): unknown {
  try {
    return JSON.parse(String(raw));
  } catch {
    return raw;
  }
}

function unpairedFiles(values: SettingValues): readonly Contradiction[] {
  return [
    ...unpaired(['tlsCert', values.tlsCert], ['tlsKey', values.tlsKey]),
    ...unpaired(['controlTlsCert', values.controlTlsCert], ['controlTlsKey', values.controlTlsKey]),
  ];
}

function asProblem({ setting, why }: Contradiction, origins: ReadonlyMap<string, Origin>): Problem {
  const key = /^\w+/.exec(setting)?.[0] ?? setting;
  return { setting, value: undefined, origin: origins.get(key) ?? DEFAULT, why };
}

type Lists = Pick<Config, 'registries' | 'configFile'> & Perimeter;

function configOf(form: Form, values: SettingValues, lists: Lists): Config {
  const { data, tlsCert, tlsKey, controlTlsCert, controlTlsKey, logFormat, logLevel, accessLog, ...rest } = values;
  const { connections, others } = connectionLimits(rest);
  const { clients, others: same } = clientLimits(others);
  return {
    ...same,
    form,
    dataDir: data,
    registryTls: tlsSource(tlsCert, tlsKey),
    controlTls: tlsSource(controlTlsCert, controlTlsKey),
    log: { format: logFormat, level: logLevel, access: accessLog },
    connections,
    clients,
    ...lists,
  };
}

function connectionLimits<V extends Config['connections']>(values: V) {
  const { firstByteTimeoutMs, headersTimeoutMs, idleTimeoutMs, ...rest } = values;
  const { keepAliveTimeoutMs, maxConnections, minBytesPerSecond, ...others } = rest;
  const times = { firstByteTimeoutMs, headersTimeoutMs, idleTimeoutMs, keepAliveTimeoutMs };
  return { connections: { ...times, maxConnections, minBytesPerSecond }, others };
}

type ClientValues = Pick<
  SettingValues,
  'clientConnections' | 'clientRequests' | 'clientRequestsPerSecond' | 'clientBodyBytes'
>;

function clientLimits<V extends ClientValues>(values: V) {
  const {
    clientConnections: connections,
    clientRequests: requests,
    clientRequestsPerSecond: requestsPerSecond,
    clientBodyBytes: bodyBytes,
    ...others
  } = values;
  return { clients: { connections, requests, requestsPerSecond, bodyBytes }, others };
}

function tlsSource(certFile: string | undefined, keyFile: string | undefined): TlsSource {
  return certFile === undefined || keyFile === undefined ? { kind: 'own-ca' } : { kind: 'files', certFile, keyFile };
}
