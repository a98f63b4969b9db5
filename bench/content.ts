import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const BLOCK = 1024 * 1024;

/**
 * Bytes that do not compress and never repeat a block, made as they are read: a random block with its number written
 * over its first bytes. The same object yields the same bytes each time.
 */
export class Content {
  readonly size: number;
  readonly #block: Buffer = randomBytes(BLOCK);

  /** `size` is in bytes, a multiple of 1 MiB. */
  constructor(size: number) {
    this.size = size;
  }

  *[Symbol.iterator](): Generator<Buffer> {
    for (let number = 0; number < this.size / BLOCK; number++) {
      // A copy, as the one before may not have been sent yet.
      const block = Buffer.from(this.#block);
      block.writeUInt32BE(number);
      yield block;
    }
  }

  /** The SHA-256 digest of all bytes. */
  digest(): string {
    const hash = createHash('sha256');
    for (const block of this) hash.update(block);
    return `sha256:${hash.digest('hex')}`;
  }
}

/** In bytes. */
export const GIB = 1024 * BLOCK;

/** Content in a file. */
export interface ContentFile {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly digest: string;
}

/** Writes new content of so many bytes into a file of a folder. */
export async function makeContentFile(folder: string, size: number): Promise<ContentFile> {
  const content = new Content(size);
  const name = randomBytes(8).toString('hex');
  const path = join(folder, name);
  // Synced, so that the disk has nothing of it left to do while others are measured.
  await pipeline(Readable.from(content), createWriteStream(path, { flush: true }));
  return { path, name, size, digest: content.digest() };
}
