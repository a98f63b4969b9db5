import { algorithmOf, type Digest } from '../../oci/digest.ts';
import type { BlobReader, ByteStore, Locator, MetadataStore } from '../port.ts';

/** What names kept bytes, and what they must be. `size` is in bytes. */
export interface BlobBytes {
  readonly digest: Digest;
  readonly size: number;
  readonly locator: Locator;
}

/** Why bytes are not what their digest says; of `unreadable` ones, that is not known, and they are not marked. */
export type Damage = 'missing' | 'another size' | 'another digest' | 'unreadable';

/** Bytes that are not what their digest says, and are served to nobody. */
class DamagedBlobError extends Error {
  override name = 'DamagedBlobError';
}

/** What a verifier works with. */
export interface VerifierOptions {
  readonly metadata: Pick<MetadataStore, 'markDamaged' | 'markSound'>;
  readonly bytes: Pick<ByteStore, 'digest' | 'quarantine' | 'release' | 'isOfThisProcess'>;
  /** Whether bytes that an earlier process wrote are checked before they are served. */
  readonly checksReads: boolean;
  /** Told of each damage found. */
  readonly onDamage: (blob: BlobBytes, damage: Damage) => void;
}

/** How many blobs are remembered as sound; one forgotten is checked again. About 100 bytes each. */
const REMEMBERED = 100_000;
/** A blob of at most so many bytes is checked before its answer begins, so that the answer can say what is wrong. */
const CHECKED_FIRST = 8 * 1024 * 1024;

/**
 * Sees to it that no damaged blob is served whole. What this process wrote was hashed as it came; what an earlier one wrote
 * is hashed once, in another thread, when it is first read. Damage is marked, which makes the blob as good as
 * absent until it is pushed again, and its bytes are set aside.
 */
export class Verifier {
  readonly #options: VerifierOptions;
  /** In the order in which they were found sound. */
  readonly #sound = new Set<Locator>();
  readonly #running = new Map<Locator, Promise<Damage | undefined>>();

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /**
   * A reader that never hands out all of a damaged blob: the last byte comes when all are known to be sound, and throws
   * {@link DamagedBlobError} otherwise. A small blob, or one of which a part is wanted, is checked first: `undefined` when it is damaged.
   */
  async guard(blob: BlobBytes, reader: BlobReader, whole: boolean): Promise<BlobReader | undefined> {
    if (reader.size !== blob.size) return this.#refused(blob, reader, 'another size');
    if (this.#isSound(blob.locator)) return reader;
    const checking = this.check(blob);
    // Awaited below or with the last byte; until then nobody else may be told of its failure.
    checking.catch(() => undefined);
    if (whole && blob.size > CHECKED_FIRST) return withheld(blob, reader, checking);
    try {
      const damage = await checking;
      return damage === undefined ? reader : await this.#refused(blob, reader, damage);
    } catch (error) {
      // A file that nobody closes ends the process when it is collected.
      await reader[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Hashes bytes now, whatever is known of them; damage is marked and the bytes set aside. */
  check(blob: BlobBytes): Promise<Damage | undefined> {
    let running = this.#running.get(blob.locator);
    if (running === undefined) {
      running = this.#check(blob).finally(() => this.#running.delete(blob.locator));
      this.#running.set(blob.locator, running);
    }
    return running;
  }

  /** Checks bytes that were found damaged before: a volume may have come back, or its fault been mended. */
  async recheck(blob: BlobBytes): Promise<Damage | undefined> {
    const { metadata, bytes } = this.#options;
    await bytes.release(blob.locator);
    const damage = await this.#damageOf(blob);
    if (damage === undefined) await metadata.markSound(blob.digest, blob.locator);
    else await bytes.quarantine(blob.locator);
    return damage;
  }

  /** Takes note of damage that was found otherwise. */
  async damaged(blob: BlobBytes, damage: Damage): Promise<void> {
    const { metadata, bytes, onDamage } = this.#options;
    this.#sound.delete(blob.locator);
    // Healed or removed meanwhile, it is nobody's any more.
    if (!(await metadata.markDamaged(blob.digest, blob.locator))) return;
    onDamage(blob, damage);
    await bytes.quarantine(blob.locator);
  }

  #isSound(locator: Locator): boolean {
    const { checksReads, bytes } = this.#options;
    return !checksReads || bytes.isOfThisProcess(locator) || this.#sound.has(locator);
  }

  async #check(blob: BlobBytes): Promise<Damage | undefined> {
    const damage = await this.#damageOf(blob);
    if (damage === undefined) this.#remember(blob.locator);
    else if (damage !== 'unreadable') await this.damaged(blob, damage);
    return damage;
  }

  async #damageOf({ digest, size, locator }: BlobBytes): Promise<Damage | undefined> {
    const found = await this.#options.bytes.digest(locator, algorithmOf(digest)).catch(() => 'unreadable' as const);
    if (found === 'unreadable') return found;
    if (found === undefined) return 'missing';
    if (found.size !== size) return 'another size';
    return found.digest === digest ? undefined : 'another digest';
  }

  #remember(locator: Locator): void {
    this.#sound.add(locator);
    for (const oldest of this.#sound) {
      if (this.#sound.size <= REMEMBERED) return;
      this.#sound.delete(oldest);
    }
  }

  async #refused(blob: BlobBytes, reader: BlobReader, damage: Damage): Promise<undefined> {
    await reader[Symbol.asyncDispose]();
    if (damage === 'unreadable') throw new DamagedBlobError(`the bytes of ${blob.digest} cannot be read`);
    if (damage === 'another size') await this.damaged(blob, damage);
  }
}

function withheld(blob: BlobBytes, reader: BlobReader, checking: Promise<Damage | undefined>): BlobReader {
  return {
    size: reader.size,
    async read(buffer, position) {
      const read = await reader.read(buffer, position);
      if (position + read < reader.size) return read;
      const damage = await checking;
      if (damage !== undefined) throw new DamagedBlobError(`the bytes of ${blob.digest} are damaged: ${damage}`);
      return read;
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}
