/** Chunks that are written together. */
export interface Batch {
  readonly chunks: readonly Uint8Array[];
  /** The bytes of all chunks. */
  readonly size: number;
}

/** One write's size in bytes: larger ones cost memory and gain nothing (measured on uploads of 1 GiB). */
const BATCH_BYTES = 1024 * 1024;

/** The most chunks of one write; Linux takes 1,024 (IOV_MAX), and each costs memory beside its bytes. */
const BATCH_CHUNKS = 1_000;

/**
 * Gathers chunks into batches of about 1 MiB. At the end, or when the source fails, what was gathered is yielded
 * first; then the source's error is thrown. Empty chunks are left out.
 */
export async function* gather(source: AsyncIterable<Uint8Array>): AsyncGenerator<Batch, void, undefined> {
  let chunks: Uint8Array[] = [];
  let size = 0;
  let failure: { readonly error: unknown } | undefined;
  const input = source[Symbol.asyncIterator]();
  try {
    while (true) {
      const next = await take(input);
      if ('error' in next) failure = next;
      if ('error' in next || next.done) break;
      if (next.value.length === 0) continue;
      chunks.push(next.value);
      size += next.value.length;
      if (size < BATCH_BYTES && chunks.length < BATCH_CHUNKS) continue;
      yield { chunks, size };
      chunks = [];
      size = 0;
    }
    if (size > 0) yield { chunks, size };
    if (failure !== undefined) throw failure.error;
  } finally {
    // A consumer that stopped early lets the source close what it holds; one that ended by itself ignores it.
    await input.return?.();
  }
}

type Taken =
  | { readonly done: false; readonly value: Uint8Array }
  | { readonly done: true }
  | { readonly error: unknown };

async function take(input: AsyncIterator<Uint8Array>): Promise<Taken> {
  try {
    const next = await input.next();
    return next.done ? { done: true } : { done: false, value: next.value };
  } catch (error) {
    return { error };
  }
}
