import { decideLink } from '../decide/collect.ts';
import type { LinkCursor, LinkToJudge, MetadataStore, RegistryUid, RepositoryKey } from '../port.ts';

/** How many links are looked at in one piece, which holds up the serving thread for a millisecond or two. */
const PIECE = 500;
/** How many links one transaction judges, so that a push waits for a few milliseconds and no more. */
const BATCH = 50;

/** What a pass of the collection works on. */
export interface CollectContext {
  readonly metadata: Pick<
    MetadataStore,
    'beginPass' | 'pass' | 'links' | 'collectLinks' | 'registries' | 'eraseRegistry' | 'usage'
  >;
  /** Whether something is being pushed to a repository without a session. */
  readonly isHeld: (repository: RepositoryKey) => boolean;
  /** Whether a registry is still there; asked after content of it was seen. */
  readonly isServed: (registry: RegistryUid) => boolean;
  /** Ends the pass between two transactions; it throws the signal's reason, and whatever was done is done. */
  readonly signal?: AbortSignal;
  /** Told now and then how far the pass has come. */
  readonly progress?: (report: CollectReport) => void;
}

/** What a pass did, or would do. Sizes are in bytes. */
export interface CollectReport {
  /** The number of the pass; of a rehearsal, the one it would have. */
  readonly pass: number;
  readonly dryRun: boolean;
  /** How many links were looked at. */
  readonly links: number;
  /** Links that no manifest names but a push holds. */
  readonly held: number;
  /** Links that were condemned: the next pass removes them. */
  readonly condemned: number;
  readonly condemnedBytes: number;
  /** Links that were removed. */
  readonly unlinked: number;
  readonly unlinkedBytes: number;
  /** Bytes that nothing links any more; 0 in a rehearsal, which does not know whether a link is the last. */
  readonly freedBytes: number;
  /** Registries that are gone and whose content was erased. */
  readonly registries: number;
  readonly registriesBytes: number;
}

type Counts = { -readonly [K in keyof CollectReport]: CollectReport[K] };

/**
 * One pass of the collection (docs/adr/0011): links that no manifest names and no push holds are condemned, or removed
 * where the pass before condemned them; the content of registries that are gone is erased. Pushes go on meanwhile.
 */
export async function collect(context: CollectContext): Promise<CollectReport> {
  const counts = countsOf(await context.metadata.beginPass(), false);
  for await (const links of pieces(context, counts)) await collectPiece(context, counts, links);
  await eraseGone(context, counts);
  return counts;
}

/** What {@link collect} would do now; changes nothing. */
export async function rehearseCollection(context: CollectContext): Promise<CollectReport> {
  const counts = countsOf((await context.metadata.pass()) + 1, true);
  for await (const links of pieces(context, counts))
    for (const link of links) tally(counts, link, judge(context, link, counts.pass));
  for (const uid of await goneRegistries(context)) {
    counts.registries += 1;
    counts.registriesBytes += (await context.metadata.usage(uid)).bytes;
  }
  return counts;
}

function countsOf(pass: number, dryRun: boolean): Counts {
  const none = { links: 0, held: 0, condemned: 0, condemnedBytes: 0, unlinked: 0, unlinkedBytes: 0, freedBytes: 0 };
  return { pass, dryRun, ...none, registries: 0, registriesBytes: 0 };
}

/** All links, piece by piece; what is linked behind the walk is not garbage yet. */
async function* pieces(
  { metadata, signal, progress }: CollectContext,
  counts: Counts,
): AsyncGenerator<readonly LinkToJudge[], void, undefined> {
  for (let after: LinkCursor | undefined; ; ) {
    signal?.throwIfAborted();
    const { links, next } = await metadata.links(after, PIECE);
    counts.links += links.length;
    yield links;
    progress?.({ ...counts });
    if (next === undefined) return;
    after = next;
    // Whoever waits for the serving thread goes first.
    await new Promise(setImmediate);
  }
}

function judge({ isHeld }: CollectContext, link: LinkToJudge, pass: number) {
  return decideLink(link.named || link.held ? link : { ...link, held: isHeld(link.repository) }, pass);
}

function tally(counts: Counts, link: LinkToJudge, verdict: ReturnType<typeof decideLink>): void {
  switch (verdict) {
    case 'keep':
      counts.held += link.named ? 0 : 1;
      return;
    case 'condemn':
      counts.condemned += 1;
      counts.condemnedBytes += link.size;
      return;
    case 'unlink':
      counts.unlinked += 1;
      counts.unlinkedBytes += link.size;
  }
}

/** What looks like garbage here is judged again in the transaction that acts on it. */
async function collectPiece(context: CollectContext, counts: Counts, links: readonly LinkToJudge[]): Promise<void> {
  const { metadata, isHeld, signal } = context;
  const garbage: LinkToJudge[] = [];
  for (const link of links) {
    const verdict = judge(context, link, counts.pass);
    tally(counts, link, verdict);
    if (verdict !== 'keep') garbage.push(link);
  }
  for (const [, ofOne] of Map.groupBy(garbage, ({ repository }) => `${repository.registry} ${repository.name}`))
    for (let from = 0; from < ofOne.length; from += BATCH) {
      signal?.throwIfAborted();
      const batch = ofOne.slice(from, from + BATCH);
      const [first] = batch;
      if (first === undefined) continue;
      const { repository } = first;
      const digests = batch.map(({ digest }) => digest);
      const done = await metadata.collectLinks({ repository, digests, pass: counts.pass, busy: isHeld(repository) });
      counts.freedBytes += done.freedBytes;
    }
}

async function eraseGone({ metadata, signal, ...context }: CollectContext, counts: Counts): Promise<void> {
  for (const uid of await goneRegistries({ metadata, ...context })) {
    const { bytes } = await metadata.usage(uid);
    do signal?.throwIfAborted();
    while (await metadata.eraseRegistry(uid));
    counts.registries += 1;
    counts.registriesBytes += bytes;
  }
}

/** A uid is never used again, and content comes after its registry: what is not served once content was seen is gone. */
async function goneRegistries({ metadata, isServed }: CollectContext): Promise<readonly RegistryUid[]> {
  return (await metadata.registries()).filter((uid) => !isServed(uid));
}
