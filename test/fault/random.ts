/** A stream of chance that the same seed makes again. */
export interface Random {
  /** From 0 (inclusive) to 1. */
  next(): number;
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** One of a list that has at least one. */
  pick<T>(from: readonly T[]): T;
  /** Bytes that do not compress. */
  bytes(size: number): Buffer;
  /** A stream of its own, so that concurrent users do not disturb one another. */
  fork(): Random;
}

/** Chance from a seed (mulberry32: 32 bits of state, enough to choose what a test does). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const word = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => Math.floor((word() / 2 ** 32) * limit);
  return {
    next: () => word() / 2 ** 32,
    below,
    pick: <T>(from: readonly T[]): T => {
      const picked = from[below(from.length)];
      if (picked === undefined) throw new TypeError('nothing to pick from');
      return picked;
    },
    bytes: (size) => {
      const words = new Uint32Array(Math.ceil(size / 4));
      for (let i = 0; i < words.length; i++) words[i] = word();
      return Buffer.from(words.buffer, 0, size);
    },
    fork: () => randomOf(word()),
  };
}

/** The seed of a test: `SEAWALL_SEED`, or another one each time; what fails names it. */
export function seedOf(env: NodeJS.ProcessEnv): number {
  return Number(env['SEAWALL_SEED'] ?? Date.now() % 1_000_000);
}
