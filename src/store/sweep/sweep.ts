import type { ByteStore, KeptPart, Locator, MetadataStore, UploadId } from '../port.ts';
import { planUploads, type UploadFacts } from './plan.ts';

/** What the sweep works on. */
export interface SweepContext {
  readonly metadata: MetadataStore;
  readonly bytes: ByteStore;
  /** Whether this process works on an upload, from before its part is made until its bytes are linked or gone. */
  readonly isOpen: (id: UploadId) => boolean;
  readonly nowMs: number;
  /** An upload idle for longer than this many ms is given up. */
  readonly expiryMs: number;
  /** Ends the sweep between two steps; it throws the signal's reason, and whatever was done is done. */
  readonly signal?: AbortSignal;
}

/** How many of each the sweep removed. */
export interface Swept {
  readonly trash: number;
  readonly uploads: number;
  readonly orphans: number;
}

/** How much of the trash is emptied in one transaction. */
const TRASH_BATCH = 128;
/** How many files are removed at once: the threads that do it also serve. */
const AT_ONCE = 4;

/** Empties the trash and gives up stale uploads; to be run every now and then. Throws the first failure; the next sweep goes on. */
export async function sweep(context: SweepContext): Promise<Swept> {
  return { trash: await emptyTrash(context), uploads: await giveUpUploads(context), orphans: 0 };
}

/** As {@link sweep}, and removes blobs' bytes that no row knows: a process died between commit and link. Once after a start. */
export async function sweepAfterStart(context: SweepContext): Promise<Swept> {
  const swept = await sweep(context);
  return { ...swept, orphans: await removeOrphans(context) };
}

/**
 * Bytes go before their rows: a row without bytes is tried again, bytes without a row would be forgotten. And they go when
 * it is durable that nothing links them.
 */
async function emptyTrash({ metadata, bytes, signal }: SweepContext): Promise<number> {
  for (let removed = 0; ; ) {
    signal?.throwIfAborted();
    const locators = await metadata.trash(TRASH_BATCH);
    if (locators.length === 0) return removed;
    await metadata.settle();
    const results = await removeAll(bytes, locators);
    const gone = locators.filter((_, i) => results[i]?.status === 'fulfilled');
    await metadata.emptyTrash(gone);
    removed += gone.length;
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
}

async function removeAll(
  bytes: ByteStore,
  locators: readonly Locator[],
): Promise<readonly PromiseSettledResult<void>[]> {
  const results: PromiseSettledResult<void>[] = [];
  for (let from = 0; from < locators.length; from += AT_ONCE)
    results.push(
      ...(await Promise.allSettled(locators.slice(from, from + AT_ONCE).map((locator) => bytes.remove(locator)))),
    );
  return results;
}

/** The session goes first, so that nobody opens a part that is about to go. */
async function giveUpUploads({ metadata, bytes, signal, ...rule }: SweepContext): Promise<number> {
  let removed = 0;
  for (const id of planUploads(await readUploads(metadata, bytes), rule)) {
    signal?.throwIfAborted();
    if (rule.isOpen(id)) continue;
    await metadata.endUpload(id);
    await bytes.removePart(id);
    removed++;
  }
  return removed;
}

/** Parts are read before sessions: of one that is not open, the session was recorded before it was closed. */
async function readUploads(metadata: MetadataStore, bytes: ByteStore): Promise<UploadFacts> {
  const parts = new Map<UploadId, KeptPart>();
  for await (const part of bytes.parts()) parts.set(part.id, part);
  const sessions = await metadata.uploads();
  return { parts, sessions: new Map(sessions.map((session) => [session.id, session.startedMs])) };
}

async function removeOrphans({ metadata, bytes, signal }: SweepContext): Promise<number> {
  let removed = 0;
  for await (const locators of bytes.locators()) {
    for (const locator of await metadata.unknownLocators(locators)) {
      signal?.throwIfAborted();
      await bytes.remove(locator);
      removed++;
    }
  }
  return removed;
}
