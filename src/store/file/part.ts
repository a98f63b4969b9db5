import { type FileHandle, open, unlink } from 'node:fs/promises';
import { type Digest, type DigestAlgorithm, digestOf } from '../../oci/digest.ts';
import { type ByteSource, type Locator, type Part, PartTooLargeError } from '../port.ts';
import { isFull, storeError, unlessAbsent } from './file-error.ts';
import { type Batch, gather } from './gather.ts';
import { hashFile } from './hash-file.ts';
import type { Hasher } from './hasher.ts';
import { PartWriter } from './part-writer.ts';

/** So many bytes may be written before they are synced in the background, so that commit has little left to do. */
const SYNC_BYTES = 32 * 1024 * 1024;

/** What a part needs of the store that it belongs to. */
export interface PartHome {
  readonly path: string;
  /** What writes and hashes large parts. */
  readonly hasher: Hasher;
  /** Gives the file, complete and synced, a name among the blobs, durably; it keeps its own. */
  readonly publish: (path: string) => Promise<Locator>;
  /** Called once when the part ends in whatever way. */
  readonly ended: () => void;
}

/** Starts a part with no bytes; throws when its file exists. */
export async function createFilePart(home: PartHome, algorithm: DigestAlgorithm): Promise<FilePart> {
  try {
    const handle = await open(home.path, 'wx+', 0o600);
    return new FilePart(home, handle, new PartWriter(handle, home.hasher, { algorithm, size: 0 }));
  } catch (error) {
    throw storeError(error);
  }
}

/** Opens the part whose file is there, reading it whole; `undefined` when it is not. */
export async function reopenFilePart(home: PartHome, algorithm: DigestAlgorithm): Promise<FilePart | undefined> {
  const handle = await unlessAbsent(() => open(home.path, 'r+'));
  if (handle === undefined) return undefined;
  try {
    const before = { algorithm, ...(await hashFile(handle, algorithm)) };
    return new FilePart(home, handle, new PartWriter(handle, home.hasher, before));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * An unfinished upload in a file. At most two batches of about 1 MiB are in memory: one being gathered, one being
 * written and hashed. An fsync that failed may have lost bytes that the next one would not miss: the part dies, its
 * file is removed, and only `discard` and `suspend` still answer.
 */
export class FilePart implements Part {
  readonly #home: PartHome;
  readonly #handle: FileHandle;
  readonly #writer: PartWriter;
  #unsynced: number;
  #syncing: Promise<void> = Promise.resolve();
  #dead: { readonly cause: unknown } | undefined;
  #ended = false;

  /** `writer` stands at the end of the file. */
  constructor(home: PartHome, handle: FileHandle, writer: PartWriter) {
    this.#home = home;
    this.#handle = handle;
    this.#writer = writer;
    this.#unsynced = writer.size;
  }

  get offset(): number {
    return this.#writer.size;
  }

  async append(source: ByteSource, limit: number): Promise<void> {
    this.#assertUsable();
    let writing: Promise<void> = Promise.resolve();
    let accepted = this.#writer.size;
    try {
      for await (const batch of gather(source)) {
        accepted += batch.size;
        if (accepted > limit) throw tooLarge(limit);
        await writing;
        writing = this.#write(batch, (chunks) => source.recycle?.(chunks));
        // Awaited above or below; without this a failure in between would end the process as unhandled.
        writing.catch(() => {});
      }
    } finally {
      await writing;
    }
  }

  async digest(algorithm: DigestAlgorithm): Promise<Digest> {
    this.#assertUsable();
    const hashed =
      algorithm === this.#writer.algorithm
        ? await this.#writer.hex()
        : (await hashFile(this.#handle, algorithm)).hash.digest('hex');
    this.#assertUsable();
    return digestOf(algorithm, hashed);
  }

  async commit(): Promise<Locator> {
    this.#assertUsable();
    this.#sync();
    await this.#syncing;
    // Closed whatever came of the sync: a file that nobody closes ends the process when it is collected.
    await this.#end();
    this.#assertAlive();
    try {
      return await this.#home.publish(this.#home.path);
    } catch (error) {
      await this.#die(error);
      throw storeError(error);
    }
  }

  async discard(): Promise<void> {
    if (!this.#ended) await this.#end();
    await unlessAbsent(() => unlink(this.#home.path));
  }

  async suspend(): Promise<void> {
    if (!this.#ended) await this.#end();
  }

  async #write({ chunks, size }: Batch, recycle: (chunks: readonly Uint8Array[]) => void): Promise<void> {
    const { written, error } = await this.#writer.write(chunks, size);
    recycle(chunks);
    this.#unsynced += written;
    if (error !== undefined && !isFull(error)) await this.#die(error);
    if (error !== undefined) throw storeError(error);
    await this.#syncInBackground();
  }

  /** Waits for the sync before this one, so that a disk slower than the network slows the network. */
  async #syncInBackground(): Promise<void> {
    if (this.#unsynced < SYNC_BYTES) return;
    await this.#syncing;
    this.#assertUsable();
    this.#sync();
  }

  #sync(): void {
    this.#unsynced = 0;
    this.#syncing = this.#syncing.then(() => this.#handle.datasync()).catch((error: unknown) => this.#die(error));
  }

  async #die(cause: unknown): Promise<void> {
    this.#dead ??= { cause };
    await unlessAbsent(() => unlink(this.#home.path));
  }

  async #end(): Promise<void> {
    this.#ended = true;
    this.#writer.end();
    await this.#syncing;
    await this.#handle.close();
    this.#home.ended();
  }

  #assertUsable(): void {
    this.#assertAlive();
    if (this.#ended) throw new Error('this upload has ended');
  }

  #assertAlive(): void {
    if (this.#dead === undefined) return;
    if (isFull(this.#dead.cause)) throw storeError(this.#dead.cause);
    const message = 'the bytes of this upload could not be made durable; it is lost and must be sent again';
    throw new Error(message, this.#dead);
  }
}

function tooLarge(limit: number): PartTooLargeError {
  return new PartTooLargeError(`the upload is larger than ${limit} bytes, the largest blob that is accepted here`);
}
