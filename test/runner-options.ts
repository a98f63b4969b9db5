import { parseArgs } from 'node:util';

/** One option of a runner. */
export interface RunnerOption {
  /** What stands for the value in the help: `N`, `FILE`. */
  readonly value: string;
  readonly what: string;
  /** In the help; where there is none the option may be left out. */
  readonly byDefault?: string;
  /** What is taken, and how that is said. */
  readonly accepts?: { readonly pattern: RegExp; readonly as: string };
}

/** A runner of long forms, as its `--help` tells of it. */
export interface Runner<Name extends string> {
  /** As `npm run` knows it. */
  readonly name: string;
  readonly what: string;
  readonly options: Readonly<Record<Name, RunnerOption>>;
  /** What is written behind `--`. */
  readonly examples: readonly string[];
}

/** What was asked: values by name, or to be told something and end. */
export type Asked<Name extends string> =
  | { readonly kind: 'run'; readonly values: Readonly<Partial<Record<Name, string>>> }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'wrong'; readonly text: string };

/** EX_USAGE of sysexits(3). */
const EXIT_USAGE = 64;

/** A whole number. */
export const COUNT = { pattern: /^\d{1,10}$/, as: 'a whole number' };
/** A number above 0. */
export const POSITIVE = { pattern: /^(?!0+(\.0+)?$)\d{1,9}(\.\d{1,3})?$/, as: 'a number above 0' };

/** A seed that is another one each time. */
export function newSeed(): string {
  return String(Date.now() % 1_000_000);
}

/** Reads the arguments of a runner. */
export function readOptions<Name extends string>(runner: Runner<Name>, args: readonly string[]): Asked<Name> {
  const options = Object.entries<RunnerOption>(runner.options);
  const help = helpOf(runner);
  const { values, tokens } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(options.map(([name]) => [name, { type: 'string' } as const])),
      help: { type: 'boolean', short: 'h' },
    },
    strict: false,
    tokens: true,
  });
  if (values['help'] === true) return { kind: 'help', text: help };
  const known = new Map(options);
  const wrong = (text: string): Asked<Name> => ({ kind: 'wrong', text: `${runner.name}: ${text}\n\n${help}` });
  const given: Record<string, string> = {};
  for (const [name, { byDefault }] of options) if (byDefault !== undefined) given[name] = byDefault;
  for (const token of tokens) {
    if (token.kind === 'positional') return wrong(`'${token.value}' is no option`);
    if (token.kind !== 'option') continue;
    const option = known.get(token.name);
    if (option === undefined) return wrong(`there is no option ${token.rawName}`);
    const { value = '' } = token;
    const { pattern, as } = option.accepts ?? { pattern: /./, as: 'something' };
    if (!pattern.test(value)) return wrong(`--${token.name} is '${value}', must be ${as}`);
    given[token.name] = value;
  }
  return { kind: 'run', values: given as Partial<Record<Name, string>> };
}

/** Runs, or says what is to be said and sets the exit status. */
export async function runWith<Name extends string>(
  runner: Runner<Name>,
  run: (values: Readonly<Partial<Record<Name, string>>>) => Promise<void>,
): Promise<void> {
  const asked = readOptions(runner, process.argv.slice(2));
  switch (asked.kind) {
    case 'run':
      return run(asked.values);
    case 'help':
      console.log(asked.text);
      return;
    case 'wrong':
      console.error(asked.text);
      process.exitCode = EXIT_USAGE;
  }
}

function helpOf({ name, what, options, examples }: Runner<string>): string {
  const rows = Object.entries<RunnerOption>(options).map(([option, { value, what: means, byDefault }]) => {
    const ends = byDefault === undefined ? '' : ` (default: ${byDefault})`;
    return [`--${option} ${value}`, `${means}${ends}`] as const;
  });
  const all = [...rows, ['--help', 'Say this.'] as const];
  const width = Math.max(...all.map(([left]) => left.length)) + 2;
  return [
    `Usage: npm run ${name} -- [options]`,
    '',
    what,
    '',
    'Options:',
    ...all.map(([left, right]) => `  ${left.padEnd(width)}${right}`),
    '',
    examples.length > 1 ? 'Examples:' : 'Example:',
    ...examples.map((example) => `  npm run ${name} -- ${example}`),
  ].join('\n');
}
