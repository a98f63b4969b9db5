import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type FileHandle, mkdir, link, open, opendir, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DigestAlgorithm } from '../../oci/digest.ts';
import type { BlobReader, ByteStore, KeptPart, Locator, UploadId } from '../port.ts';
import { makeDirectory, SharedSync, syncDirectory } from './directory-sync.ts';
import { unlessAbsent } from './file-error.ts';
import { type HashedFile, Hasher } from './hasher.ts';
import {
  blobPath,
  isLocator,
  isUploadId,
  type Layout,
  layoutOf,
  locatorOf,
  quarantinePath,
  SHARDS,
  shardOf,
  uploadPath,
} from './layout.ts';
import { createFilePart, type FilePart, type PartHome, reopenFilePart } from './part.ts';

/** Opens the bytes kept in files under `root`, making its folders durable first. One process may have it open. */
export async function openFileBytes(root: string): Promise<ByteStore> {
  const layout = layoutOf(resolve(root));
  await makeFolders(layout);
  return new FileBytes(layout, randomBytes(10).toString('hex'));
}

async function makeFolders(layout: Layout): Promise<void> {
  await makeDirectory(layout.root, 0o700);
  for (const folder of [layout.blobs, layout.quarantine, layout.uploads])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  const present = new Set(await readdir(layout.blobs));
  // Not one after the other through other threads: that is ten times as long, and nothing is served yet.
  for (const shard of SHARDS) if (!present.has(shard)) mkdirSync(join(layout.blobs, shard), { mode: 0o700 });
  for (const folder of [layout.blobs, layout.root]) await syncDirectory(folder);
}

class FileBytes implements ByteStore {
  readonly #layout: Layout;
  readonly #boot: string;
  readonly #syncs = new Map<string, SharedSync>();
  readonly #parts = new Map<UploadId, FilePart | 'opening'>();
  readonly #hasher = new Hasher();
  #sequence = 0;

  constructor(layout: Layout, boot: string) {
    this.#layout = layout;
    this.#boot = boot;
  }

  async createPart(id: UploadId, algorithm: DigestAlgorithm): Promise<FilePart> {
    const part = await this.#openPart(id, (home) => createFilePart(home, algorithm));
    if (part === undefined) throw new Error(`the upload ${id} could not be begun`);
    return part;
  }

  reopenPart(id: UploadId, algorithm: DigestAlgorithm): Promise<FilePart | undefined> {
    return this.#openPart(id, (home) => reopenFilePart(home, algorithm));
  }

  async removePart(id: UploadId): Promise<void> {
    await unlessAbsent(() => unlink(uploadPath(this.#layout, id)));
  }

  async open(locator: Locator): Promise<BlobReader | undefined> {
    const handle = await unlessAbsent(() => open(blobPath(this.#layout, locator), 'r'));
    return handle && readerOf(handle);
  }

  digest(locator: Locator, algorithm: DigestAlgorithm): Promise<HashedFile | undefined> {
    return this.#hasher.hash(blobPath(this.#layout, locator), algorithm);
  }

  isOfThisProcess(locator: Locator): boolean {
    return locator.startsWith(`${this.#boot}-`);
  }

  /** Durable on neither side: until it is, the bytes are found damaged again. */
  async quarantine(locator: Locator): Promise<void> {
    await unlessAbsent(() => rename(blobPath(this.#layout, locator), quarantinePath(this.#layout, locator)));
  }

  async release(locator: Locator): Promise<void> {
    await unlessAbsent(() => rename(quarantinePath(this.#layout, locator), blobPath(this.#layout, locator)));
  }

  async remove(locator: Locator): Promise<void> {
    const there = await unlessAbsent(() => unlink(blobPath(this.#layout, locator)).then(() => true));
    if (there !== true) await unlessAbsent(() => unlink(quarantinePath(this.#layout, locator)));
  }

  async *locators(): AsyncGenerator<readonly Locator[], void, undefined> {
    for (const shard of SHARDS) {
      const names = await readdir(join(this.#layout.blobs, shard));
      const earlier = names.filter(isLocator).filter((name) => !name.startsWith(this.#boot));
      if (earlier.length > 0) yield earlier;
    }
  }

  async *parts(): AsyncGenerator<KeptPart, void, undefined> {
    for await (const { name } of await opendir(this.#layout.uploads)) {
      const found = isUploadId(name) && (await unlessAbsent(() => stat(join(this.#layout.uploads, name))));
      if (found) yield { id: name, touchedMs: found.mtimeMs, open: this.#parts.has(name) };
    }
  }

  /** Suspends the parts that are open, and ends the hashing. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of this.#parts.values()) if (part !== 'opening') await part.suspend();
    await this.#hasher[Symbol.asyncDispose]();
  }

  async #openPart<P extends FilePart | undefined>(id: UploadId, opener: (home: PartHome) => Promise<P>): Promise<P> {
    const path = uploadPath(this.#layout, id);
    if (this.#parts.has(id)) throw new Error(`the upload ${id} is open already`);
    this.#parts.set(id, 'opening');
    const ended = () => void this.#parts.delete(id);
    try {
      const part = await opener({ path, hasher: this.#hasher, ended, publish: (from) => this.#publish(from) });
      if (part === undefined) ended();
      else this.#parts.set(id, part);
      return part;
    } catch (error) {
      ended();
      throw error;
    }
  }

  /** A second name, so that the upload is whole until it is linked; the sweep removes either one that is left over. */
  async #publish(from: string): Promise<Locator> {
    const locator = locatorOf(this.#boot, this.#sequence++);
    await link(from, blobPath(this.#layout, locator));
    await this.#syncOf(shardOf(this.#layout, locator)).sync();
    return locator;
  }

  #syncOf(folder: string): SharedSync {
    let sync = this.#syncs.get(folder);
    if (sync === undefined) {
      sync = new SharedSync(() => syncDirectory(folder));
      this.#syncs.set(folder, sync);
    }
    return sync;
  }
}

async function readerOf(handle: FileHandle): Promise<BlobReader> {
  try {
    const { size } = await handle.stat();
    return {
      size,
      read: async (buffer, position) => (await handle.read(buffer, 0, buffer.length, position)).bytesRead,
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
