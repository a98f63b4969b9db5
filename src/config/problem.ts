/** Where a value came from. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

/** One thing wrong with the configuration. */
export interface Problem {
  /** The setting, such as `registry` or `registries[0].name`. */
  readonly setting: string;
  /** What was given; `undefined` where the setting as such is at fault. */
  readonly value: unknown;
  readonly origin: Origin;
  /** What is wrong and what is allowed, as the end of a sentence whose subject is the setting. */
  readonly why: string;
}

/** An origin as it is shown: a flag, a variable, a file, or the word `default`. */
export function renderOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default';
    case 'flag':
      return `flag ${origin.name}`;
    case 'environment':
      return `variable ${origin.name}`;
    case 'file':
      return `file ${origin.path}`;
  }
}

/** A problem in one line: setting, value, origin, and what is allowed. */
export function renderProblem(problem: Problem): string {
  const value = problem.value === undefined ? '' : ` = ${JSON.stringify(problem.value)}`;
  return `${problem.setting}${value} (${renderOrigin(problem.origin)}) ${problem.why}`;
}
