import { readEnvironment } from './env.ts';
import { readConfigFile } from './file.ts';
import type { Origin, Problem } from './problem.ts';
import { SECRET_ADVICE, looksSecret } from './secrets.ts';
import { type SettingKey, SETTING_KEYS, flagOf, variableOf } from './setting.ts';
import { suggestion } from './suggest.ts';

/** Where settings are taken from. A flag outranks a variable, and a variable outranks the file. */
export interface Sources {
  /** Values of flags by the key of their setting. */
  readonly flags: Readonly<Partial<Record<SettingKey | 'config', string>>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A value as it was given, not yet checked. */
export interface Given {
  readonly raw: unknown;
  readonly origin: Origin;
}

/** Everything given, the strongest of each key, with what is wrong with the sources themselves. */
export interface Gathered {
  readonly given: ReadonlyMap<string, Given>;
  readonly problems: readonly Problem[];
  /** Variables that look like settings and are none. A cluster may set such by itself, so they are not refused. */
  readonly warnings: readonly string[];
}

/** Settings that are lists: in the file, or as JSON in a variable. */
const LIST_KEYS = ['registries', 'networkListeners', 'networkEgress', 'proxies'] as const;
const KEYS: readonly string[] = [...SETTING_KEYS, ...LIST_KEYS];

/** Reads all sources. The file is named by the flag `--config` or the variable `SEAWALL_CONFIG`. */
export async function gather(sources: Sources): Promise<Gathered> {
  const env = readEnvironment(sources.env);
  const file = await gatherFile(sources.flags.config, env.get('SEAWALL_CONFIG'));
  const given = new Map(file.given);
  for (const key of KEYS) {
    const raw = env.get(variableOf(key));
    if (raw !== undefined) given.set(key, { raw, origin: { kind: 'environment', name: variableOf(key) } });
  }
  for (const key of SETTING_KEYS) {
    const raw = sources.flags[key];
    if (raw !== undefined) given.set(key, { raw, origin: { kind: 'flag', name: flagOf(key) } });
  }
  return { given, problems: file.problems, warnings: unknownVariables([...env.keys()]) };
}

/** Variables by which a command signs in to a server; the server itself does not read them. */
const OF_COMMANDS = ['clientId', 'clientSecret'];

function unknownVariables(names: readonly string[]): readonly string[] {
  const known = [...KEYS, 'config', ...OF_COMMANDS].map(variableOf);
  return names
    .filter((name) => !known.includes(name))
    .map((name) => `variable ${name} is no setting and is ignored${perhaps(suggestion(name, known))}`);
}

function perhaps(near: string | undefined): string {
  return near === undefined ? '' : `; did you mean ${near}?`;
}

type FromFile = Pick<Gathered, 'given' | 'problems'>;

async function gatherFile(flag: string | undefined, variable: string | undefined): Promise<FromFile> {
  const path = flag ?? variable;
  if (path === undefined) return { given: new Map(), problems: [] };
  const file = await readConfigFile(path);
  if (file.kind === 'refused') {
    const origin: Origin =
      flag === undefined ? { kind: 'environment', name: 'SEAWALL_CONFIG' } : { kind: 'flag', name: '--config' };
    return { given: new Map(), problems: [{ setting: 'config', value: path, origin, why: file.why }] };
  }
  return fromValues(file.values, { kind: 'file', path });
}

function fromValues(values: ReadonlyMap<string, unknown>, origin: Origin): FromFile {
  const given = new Map<string, Given>();
  const problems: Problem[] = [];
  for (const [key, raw] of values) {
    if (KEYS.includes(key)) given.set(key, { raw, origin });
    else problems.push({ setting: key, value: undefined, origin, why: whyUnknown(key) });
  }
  return { given, problems };
}

function whyUnknown(key: string): string {
  if (looksSecret(key)) return SECRET_ADVICE;
  const near = suggestion(key, KEYS);
  return near === undefined
    ? 'is not a setting; "seawall config show" lists them all'
    : `is not a setting; did you mean ${near}?`;
}
