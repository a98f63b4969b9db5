import fc from 'fast-check';

/** One thing that is fed with what nobody would send, and what must hold then. */
export interface Target {
  readonly name: string;
  /** Inputs in one round of the short form. */
  readonly shortRuns: number;
  /** What must hold; asked anew for each round, as a server may stand behind it. */
  readonly property: fc.IAsyncProperty<unknown> | fc.IProperty<unknown>;
}

/** What one round came to; `report` says of a failure with which input, seed and path. */
export type Round =
  | { readonly kind: 'held'; readonly runs: number }
  | { readonly kind: 'failed'; readonly report: string };

/** Feeds a target with `runs` inputs of a seed; a failing input is made as small as can be. */
export async function round({ name, property }: Target, seed: number, runs: number, path?: string): Promise<Round> {
  const at = path === undefined ? {} : { path };
  const details: fc.RunDetails<unknown> = await fc.check(property as fc.IAsyncProperty<unknown>, {
    seed,
    numRuns: runs,
    ...at,
  });
  if (!details.failed) return { kind: 'held', runs: details.numRuns };
  const again = `npm run fuzz -- --target ${name} --seed ${seed} --path ${details.counterexamplePath ?? ''}`;
  return {
    kind: 'failed',
    report: `${String(details.errorInstance)}\n${fc.defaultReportMessage(details) ?? name}\nagain: ${again}`,
  };
}
