import { type Prefix, overlaps, parsePrefix } from './prefix.ts';

/** Private use: RFC 1918, RFC 6598 (shared with a carrier), RFC 4193. */
const PRIVATE = ranges('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7');

/** In no virtual network (facts/acr.md §5), and of no use as the source of a packet. */
const RESERVED = ranges(
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '168.63.129.16/32',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/127',
  'fe80::/10',
  'ff00::/8',
);

function ranges(...texts: readonly string[]): readonly Prefix[] {
  return texts.map((text) => {
    const parsed = parsePrefix(text);
    if (parsed.kind !== 'parsed') throw new Error(`${text} is no prefix`);
    return parsed.prefix;
  });
}

/** The range of private addresses that a block overlaps, if any. */
export function privateRange(prefix: Prefix): Prefix | undefined {
  return PRIVATE.find((range) => overlaps(range, prefix));
}

/** The reserved range that a block overlaps, if any: loopback, link-local, multicast, Azure's own 168.63.129.16 … */
export function reservedRange(prefix: Prefix): Prefix | undefined {
  return RESERVED.find((range) => overlaps(range, prefix));
}
