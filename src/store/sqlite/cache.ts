import type { RegistryUid, RepositoryKey } from '../port.ts';

/** The bytes that an entry is taken to need beside its value: names, map entries. */
const ENTRY_BYTES = 256;

interface Entry<T> {
  readonly value: T;
  readonly bytes: number;
  readonly repository: string;
  /** Whether it was asked for since it came to where it stands. */
  used: boolean;
}

/**
 * What was read lately of each repository, within a number of bytes. The oldest goes first, unless it was asked for since: then it
 * becomes the newest (CLOCK), so that a hit moves nothing.
 * Linearizable: a repository is dropped before and after each change of it, and not kept while one is under way, so
 * that no answer is older than the last change acknowledged.
 */
export class RepositoryCache<T> {
  readonly #limit: number;
  /** The oldest first. */
  readonly #entries = new Map<string, Entry<T>>();
  readonly #byRepository = new Map<string, Set<string>>();
  readonly #changing = new Map<string, number>();
  #bytes = 0;

  /** `limit` is in bytes; 0 keeps nothing. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The bytes that the entries take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The value kept under `name`; otherwise what `read` answers, kept when it is there. `size` gives its bytes. */
  get(key: RepositoryKey, name: string, read: () => T | undefined, size: (value: T) => number): T | undefined {
    const repository = idOf(key);
    const id = `${repository} ${name}`;
    const found = this.#entries.get(id);
    if (found !== undefined) {
      found.used = true;
      return found.value;
    }
    const value = read();
    if (value !== undefined && !this.#changing.has(repository)) {
      this.#keep(id, { value, repository, bytes: size(value) + 2 * id.length + ENTRY_BYTES, used: false });
    }
    return value;
  }

  /** Runs a change of a repository. */
  async changing<R>(key: RepositoryKey, change: () => Promise<R>): Promise<R> {
    const repository = idOf(key);
    this.#changing.set(repository, (this.#changing.get(repository) ?? 0) + 1);
    this.#drop(repository);
    try {
      return await change();
    } finally {
      const left = (this.#changing.get(repository) ?? 1) - 1;
      if (left === 0) this.#changing.delete(repository);
      else this.#changing.set(repository, left);
    }
  }

  /** Drops what is kept of a repository, after a change that was not made through {@link changing}. */
  drop(key: RepositoryKey): void {
    this.#drop(idOf(key));
  }

  /** Drops what is kept of every repository of a registry. */
  dropRegistry(registry: RegistryUid): void {
    for (const repository of this.#byRepository.keys())
      if (repository.startsWith(`${registry} `)) this.#drop(repository);
  }

  #keep(id: string, entry: Entry<T>): void {
    if (entry.bytes > this.#limit) return;
    this.#makeRoom(entry.bytes);
    this.#entries.set(id, entry);
    this.#bytes += entry.bytes;
    const ids = this.#byRepository.get(entry.repository);
    if (ids === undefined) this.#byRepository.set(entry.repository, new Set([id]));
    else ids.add(id);
  }

  #makeRoom(bytes: number): void {
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes + bytes <= this.#limit) return;
      if (!entry.used) this.#remove(oldest);
      else {
        entry.used = false;
        this.#entries.delete(oldest);
        this.#entries.set(oldest, entry);
      }
    }
  }

  #drop(repository: string): void {
    for (const id of this.#byRepository.get(repository) ?? []) this.#remove(id);
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#bytes -= entry.bytes;
    const ids = this.#byRepository.get(entry.repository);
    ids?.delete(id);
    if (ids?.size === 0) this.#byRepository.delete(entry.repository);
  }
}

/** Neither a uid nor a repository's name has a space in it. */
function idOf(key: RepositoryKey): string {
  return `${key.registry} ${key.name}`;
}
