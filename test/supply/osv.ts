/** A package at a version, as the lock file has it. */
export interface Locked {
  readonly name: string;
  readonly version: string;
}

/** What is known against some versions of packages (OSV schema 1.x, ossf.github.io/osv-schema); other members are not looked at. */
export interface Advisory {
  readonly id: string;
  /** When it was changed last, as RFC 3339 has it. */
  readonly modified: string;
  readonly summary?: string;
  /** It was taken back. */
  readonly withdrawn?: string;
  readonly affected: readonly Affected[];
}

interface Affected {
  readonly package?: { readonly ecosystem: string; readonly name: string };
  readonly versions?: readonly string[];
  readonly ranges?: readonly { readonly type: string; readonly events: readonly Event[] }[];
}

interface Event {
  readonly introduced?: string;
  readonly fixed?: string;
  readonly last_affected?: string;
}

/** An advisory of a file's text; `undefined` when it is none. */
export function parseAdvisory(text: string): Advisory | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { id, modified, affected = [] } = (value ?? {}) as Partial<Record<keyof Advisory, unknown>>;
  const isAdvisory = typeof id === 'string' && typeof modified === 'string' && Array.isArray(affected);
  return isAdvisory ? { ...(value as Advisory), affected } : undefined;
}

/** Whether an advisory is about a package of npm at this version. */
export function concerns({ withdrawn, affected }: Advisory, { name, version }: Locked): boolean {
  if (withdrawn !== undefined) return false;
  return affected.some(
    ({ package: about, versions = [], ranges = [] }) =>
      about?.ecosystem === 'npm' &&
      about.name === name &&
      (versions.includes(version) || ranges.some(({ type, events }) => type !== 'GIT' && isWithin(events, version))),
  );
}

/** Whether a version comes after what introduced it, and before what ended it. */
function isWithin(events: readonly Event[], version: string): boolean {
  const reached = events
    .map(({ introduced, fixed, last_affected: last }) => ({
      begins: introduced,
      at: introduced ?? fixed ?? last ?? '0',
      last,
    }))
    .toSorted((a, b) => compare(a.at, b.at))
    .filter(({ at, last }) => (last === undefined ? compare(at, version) <= 0 : compare(at, version) < 0));
  return reached.at(-1)?.begins !== undefined;
}

/** The order of versions (semver.org, 11); `0` alone comes before all of them. */
export function compare(one: string, other: string): number {
  if (one === '0' || other === '0') return Number(one !== '0') - Number(other !== '0');
  const [a, b] = [parts(one), parts(other)];
  for (let i = 0; i < 3; i += 1) {
    const difference = (a.numbers[i] ?? 0) - (b.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  // A version comes after its own previews.
  if (a.preview.length === 0 || b.preview.length === 0) return b.preview.length - a.preview.length;
  for (let i = 0; i < Math.max(a.preview.length, b.preview.length); i += 1) {
    const difference = compareWord(a.preview[i], b.preview[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function parts(version: string): { readonly numbers: readonly number[]; readonly preview: readonly string[] } {
  const [, core = '', preview = ''] = /^v?([^-+]*)(?:-([^+]*))?/.exec(version) ?? [];
  return { numbers: core.split('.').map(Number), preview: preview === '' ? [] : preview.split('.') };
}

/** Numbers before words, fewer before more. */
function compareWord(one: string | undefined, other: string | undefined): number {
  if (one === undefined || other === undefined) return Number(one !== undefined) - Number(other !== undefined);
  const [a, b] = [Number(one), Number(other)];
  const [isNumber, isOtherNumber] = [/^\d+$/.test(one), /^\d+$/.test(other)];
  if (isNumber && isOtherNumber) return a - b;
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  return one < other ? -1 : Number(one > other);
}
