/** What one client may have and ask for, be it an address or who signed in. */
export interface ClientLimits {
  /** Connections open at once. */
  readonly connections: number;
  /** Requests under way at once. */
  readonly requests: number;
  /** Requests in each second, on average; 0 is no limit. */
  readonly requestsPerSecond: number;
  /** Bytes of bodies held in memory at once. */
  readonly bodyBytes: number;
}

/** The memory that all clients together have for bodies, in bytes. */
export interface BodyPool {
  left: number;
}

/** What a client has too much of. */
export type Excess = 'requests' | 'rate';

/** A client that was quiet has saved up this many seconds of requests: a farm's jobs begin together. */
export const BURST_S = 60;

/**
 * What one client has under way. It is counted up and down in place, so that a request costs no allocation; times are
 * in ms of one clock that never goes back.
 */
export class Client {
  connections = 0;
  requests = 0;
  #bodyBytes = 0;
  /** Whether the log has been told that it has too many connections. */
  told = false;
  #saved: number;
  #atMs: number;
  readonly #limits: ClientLimits;
  readonly #pool: BodyPool;

  constructor(limits: ClientLimits, pool: BodyPool, nowMs: number) {
    this.#limits = limits;
    this.#pool = pool;
    this.#saved = limits.requestsPerSecond * BURST_S;
    this.#atMs = nowMs;
  }

  /** Counts a connection; `false` is one too many, which is not counted. */
  connect(): boolean {
    if (this.connections >= this.#limits.connections) return false;
    this.connections += 1;
    return true;
  }

  /** Counts the end of a connection. */
  disconnect(): void {
    this.connections -= 1;
    this.told = false;
  }

  /** Counts a request; an {@link Excess} is one too many, which is not counted. */
  enter(nowMs: number): Excess | undefined {
    if (this.requests >= this.#limits.requests) return 'requests';
    if (this.#limits.requestsPerSecond > 0) {
      this.#save(nowMs);
      if (this.#saved < 1) return 'rate';
      this.#saved -= 1;
    }
    this.requests += 1;
    return undefined;
  }

  /** Counts the end of a request. */
  leave(): void {
    this.requests -= 1;
  }

  /** Counts bytes of a body that is held in memory; `false` is too many, which are not counted. */
  hold(bytes: number): boolean {
    if (this.#bodyBytes + bytes > this.#limits.bodyBytes || bytes > this.#pool.left) return false;
    this.#bodyBytes += bytes;
    this.#pool.left -= bytes;
    return true;
  }

  /** Counts that bytes are held no more. */
  release(bytes: number): void {
    this.#bodyBytes -= bytes;
    this.#pool.left += bytes;
  }

  /** Whole seconds after which a request that was refused for this may be made again: 1 at least. */
  retryAfterS(excess: Excess): number {
    return excess === 'requests' ? 1 : Math.max(1, Math.ceil((1 - this.#saved) / this.#limits.requestsPerSecond));
  }

  /** Whether nothing is lost by forgetting it: nothing is under way, and its saved requests are full again. */
  isAtRest(nowMs: number): boolean {
    if (!this.isIdle()) return false;
    this.#save(nowMs);
    return this.#saved >= this.#limits.requestsPerSecond * BURST_S;
  }

  /** Whether nothing of it is under way. */
  isIdle(): boolean {
    return this.connections === 0 && this.requests === 0;
  }

  #save(nowMs: number): void {
    const perSecond = this.#limits.requestsPerSecond;
    this.#saved = Math.min(perSecond * BURST_S, this.#saved + ((nowMs - this.#atMs) / 1000) * perSecond);
    this.#atMs = nowMs;
  }
}
