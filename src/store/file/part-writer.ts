import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { DigestAlgorithm } from '../../oci/digest.ts';
import type { HashedWriter, Hasher } from './hasher.ts';
import { firstOf, type Written, writeAll } from './write.ts';

/** From so many bytes at once on, hashing them here would keep other requests waiting for longer than handing them to a thread takes. */
const THREAD_BYTES = 256 * 1024;

/**
 * Writes an upload to its file and hashes what was written. One that begins with much is written and hashed by the thread, which
 * finds the bytes in its processor's cache the second time; one that begins with little, or that was read again, is hashed here, as
 * a hash cannot move.
 */
export class PartWriter {
  readonly algorithm: DigestAlgorithm;
  readonly #handle: FileHandle;
  readonly #hasher: Hasher;
  readonly #here: Hash;
  #thread: HashedWriter | undefined;
  #size: number;

  /** Goes on behind what was written and hashed already. */
  constructor(
    handle: FileHandle,
    hasher: Hasher,
    before: { readonly algorithm: DigestAlgorithm; readonly hash?: Hash; readonly size: number },
  ) {
    this.#handle = handle;
    this.#hasher = hasher;
    this.algorithm = before.algorithm;
    this.#here = before.hash ?? createHash(before.algorithm);
    this.#size = before.size;
  }

  /** How many bytes were written and hashed. */
  get size(): number {
    return this.#size;
  }

  /**
   * Writes chunks; what a full disk left out is left out of the hash too. Nothing reads them any more when it resolves; memory of
   * theirs that is not shared may be given away. Never rejects.
   */
  async write(chunks: readonly Uint8Array[], bytes: number): Promise<Written> {
    if (this.#size === 0 && bytes >= THREAD_BYTES) this.#thread ??= this.#hasher.begin(this.algorithm);
    const written =
      this.#thread === undefined
        ? await this.#writeHere(chunks)
        : await this.#thread.write({ fd: this.#handle.fd, position: this.#size }, chunks);
    this.#size += written.written;
    return written;
  }

  /** The hash of all that was written, in hex. */
  async hex(): Promise<string> {
    return this.#thread === undefined ? this.#here.copy().digest('hex') : this.#thread.hex();
  }

  /** Releases what the thread has. */
  end(): void {
    this.#thread?.end();
    this.#thread = undefined;
  }

  async #writeHere(chunks: readonly Uint8Array[]): Promise<Written> {
    const outcome = await writeAll(this.#handle, chunks, this.#size);
    for (const chunk of firstOf(chunks, outcome.written)) this.#here.update(chunk);
    return outcome;
  }
}
