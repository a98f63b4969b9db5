import type { TokenClaims } from './token-claims.ts';

/** A token whose signature was found right. `size` is the token's length in characters. */
interface Entry {
  readonly claims: TokenClaims;
  readonly kid: string;
  readonly authEpoch: number;
  readonly size: number;
}

const MAX_ENTRIES = 10_000;
/** In characters of tokens; what is kept of a token is of about its size. */
const MAX_SIZE = 16 * 1024 * 1024;

/**
 * Remembers verified tokens by the SHA-256 of the token and the auth epoch (invariant 10). The oldest go first, unless they were
 * asked for since: then they become the newest (CLOCK), so that a hit moves nothing.
 */
export class VerifiedTokens {
  readonly #entries = new Map<string, Entry & { used: boolean }>();
  #size = 0;

  /** What is known of a token in this epoch. */
  get(key: string, authEpoch: number): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.authEpoch !== authEpoch) return undefined;
    entry.used = true;
    return entry;
  }

  /** Remembers a token. */
  put(key: string, entry: Entry): void {
    this.#remove(key);
    this.#makeRoom(entry.size);
    this.#entries.set(key, { ...entry, used: false });
    this.#size += entry.size;
  }

  #makeRoom(size: number): void {
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size < MAX_ENTRIES && this.#size + size <= MAX_SIZE) return;
      if (!entry.used) this.#remove(oldest);
      else {
        entry.used = false;
        this.#entries.delete(oldest);
        this.#entries.set(oldest, entry);
      }
    }
  }

  #remove(key: string): void {
    this.#size -= this.#entries.get(key)?.size ?? 0;
    this.#entries.delete(key);
  }
}
