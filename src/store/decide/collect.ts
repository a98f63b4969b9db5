/** What must be known of a repository's link to a blob to decide whether it is garbage. */
export interface LinkFacts {
  /** Whether a manifest of the repository names the blob. */
  readonly named: boolean;
  /** Whether a push to the repository is under way: what it brought before is its own, named or not. */
  readonly held: boolean;
  /** The pass of the collection that condemned the link, where one has. */
  readonly condemned?: number;
}

/** What a pass of the collection does with a link. */
export type LinkVerdict = 'keep' | 'condemn' | 'unlink';

/**
 * Judges one link in one pass. Garbage goes in two passes: the first condemns it, so that nothing is promised of it any
 * more; the next removes it, unless it was linked again or named in between, either of which pardons it in its own
 * transaction. No time is asked for anywhere (docs/adr/0011).
 */
export function decideLink({ named, held, condemned }: LinkFacts, pass: number): LinkVerdict {
  if (named || held) return 'keep';
  if (condemned === undefined) return 'condemn';
  return condemned < pass ? 'unlink' : 'keep';
}

/** Whether a blob's bytes are condemned with a link that goes: when no other link is left, in whichever registry. */
export function decideRelease({ linkedElsewhere }: { readonly linkedElsewhere: boolean }): 'keep' | 'condemn' {
  return linkedElsewhere ? 'keep' : 'condemn';
}
