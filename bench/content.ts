import { createHash, randomBytes } from 'node:crypto';

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
