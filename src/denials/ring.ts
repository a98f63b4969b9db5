import type { Denial, DenialFilter, Denials } from './port.ts';

/** The longest user agent and path kept, in characters: what clients write is bounded before it is kept. */
const MOST_TEXT = 200;

/** Denials in memory, at most `capacity`. */
export function ringOfDenials(capacity: number): Denials {
  const ring: Denial[] = [];
  let next = 0;
  let dropped = 0;
  return {
    add(denial) {
      if (ring.length === capacity) dropped += 1;
      ring[next] = short(denial);
      next = (next + 1) % capacity;
    },
    list: async (filter) => {
      const newest = [...ring.slice(0, next).toReversed(), ...ring.slice(next).toReversed()];
      return newest.filter((one) => matches(one, filter)).slice(0, filter.most);
    },
    get dropped() {
      return dropped;
    },
  };
}

function short({ path, userAgent, ...denial }: Denial): Denial {
  const agent = userAgent === undefined ? {} : { userAgent: userAgent.slice(0, MOST_TEXT) };
  return { ...denial, path: path.slice(0, MOST_TEXT), ...agent };
}

function matches(one: Denial, { registry, address, reason, sinceMs }: DenialFilter): boolean {
  return (
    (registry === undefined || one.registry === registry.toLowerCase()) &&
    (address === undefined || one.address === address) &&
    (reason === undefined || one.reason === reason) &&
    (sinceMs === undefined || one.atMs >= sinceMs)
  );
}
