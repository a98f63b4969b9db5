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

/** Remembers verified tokens by the SHA-256 of the token and the auth epoch (invariant 10); the longest unused go first. */
export class VerifiedTokens {
  readonly #entries = new Map<string, Entry>();
  #size = 0;

  /** What is known of a token in this epoch. */
  get(key: string, authEpoch: number): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.authEpoch !== authEpoch) return undefined;
    // A map keeps the order of insertion: put behind again what is in use.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  /** Remembers a token. */
  put(key: string, entry: Entry): void {
    this.#remove(key);
    this.#entries.set(key, entry);
    this.#size += entry.size;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES && this.#size <= MAX_SIZE) return;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    this.#size -= this.#entries.get(key)?.size ?? 0;
    this.#entries.delete(key);
  }
}
