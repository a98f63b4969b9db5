import { type BodyPool, Client, type ClientLimits } from './client.ts';

/** Clients known at once, at least; more where more connections may be open. */
const LEAST_KNOWN = 16_384;
/** All clients together may hold this many times what one may hold in memory. */
const SHARES = 4;

/** The clients of a server by what tells them apart. Bounded: who is at rest is forgotten when it is full. */
export class Clients {
  readonly #known = new Map<string, Client>();
  readonly #limits: ClientLimits;
  readonly #most: number;
  /** At how many room is made next. */
  #fullAt: number;
  readonly #pool: BodyPool;

  /** `maxBusy` is how many clients can have something under way at once. */
  constructor(limits: ClientLimits, maxBusy: number) {
    this.#limits = limits;
    this.#pool = { left: SHARES * limits.bodyBytes };
    this.#most = Math.max(LEAST_KNOWN, 2 * maxBusy);
    this.#fullAt = this.#most;
  }

  /** The client of a key, as it is kept or as a new one. */
  of(key: string, nowMs: number): Client {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= this.#fullAt) this.#forget(nowMs);
    const fresh = new Client(this.#limits, this.#pool, nowMs);
    this.#known.set(key, fresh);
    return fresh;
  }

  /** How many are known. */
  get size(): number {
    return this.#known.size;
  }

  /**
   * Makes room for a quarter, so that it happens once in many new clients: first who is at rest, then the longest known of
   * those with nothing under way.
   */
  #forget(nowMs: number): void {
    for (const [key, client] of this.#known) if (client.isAtRest(nowMs)) this.#known.delete(key);
    for (const [key, client] of this.#known) {
      if (this.#known.size <= this.#most * 0.75) break;
      if (client.isIdle()) this.#known.delete(key);
    }
    this.#fullAt = Math.max(this.#most, Math.ceil(this.#known.size * 1.25));
  }
}
