import { type Address, addOffset, compareAddresses, formatAddress, parseAddress } from './address.ts';

/** A block of addresses in CIDR form. `network` has no bits set beyond `length`. */
export interface Prefix {
  readonly network: Address;
  /** Bits that are fixed: 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly length: number;
}

/** The outcome of reading a prefix; `enclosing` is what was probably meant where host bits are set. */
export type ParsedPrefix =
  | { readonly kind: 'parsed'; readonly prefix: Prefix }
  | { readonly kind: 'host-bits'; readonly enclosing: Prefix }
  | { readonly kind: 'malformed' };

/**
 * Reads `ADDRESS/LENGTH`, as strictly as `parseAddress`. An IPv4-mapped IPv6 block is malformed: its length would count
 * other bits than its address.
 */
export function parsePrefix(text: string): ParsedPrefix {
  const slash = text.indexOf('/');
  const written = text.slice(0, slash);
  const address = slash < 0 ? undefined : parseAddress(written);
  const length = parseLength(text.slice(slash + 1));
  if (address === undefined || length === undefined) return { kind: 'malformed' };
  if (length > bitsOf(address) || (address.family === 4 && written.includes(':'))) return { kind: 'malformed' };
  const prefix = prefixAround(address, length);
  return compareAddresses(prefix.network, address) === 0
    ? { kind: 'parsed', prefix }
    : { kind: 'host-bits', enclosing: prefix };
}

function parseLength(text: string): number | undefined {
  return /^(?:0|[1-9]\d{0,2})$/.test(text) ? Number(text) : undefined;
}

/** How many bits the addresses of this one's family have. */
function bitsOf(address: Address): number {
  return address.family === 4 ? 32 : 128;
}

/** The block of `length` fixed bits that an address lies in. */
export function prefixAround(address: Address, length: number): Prefix {
  const words = address.words.map((word, i) => {
    const fixed = Math.min(32, Math.max(0, length - 32 * i));
    const step = 2 ** (32 - fixed);
    return Math.floor(word / step) * step;
  });
  return { network: { family: address.family, words }, length };
}

/** The block that holds one address alone. */
export function hostPrefix(address: Address): Prefix {
  return { network: address, length: bitsOf(address) };
}

/** `10.0.0.0/24`. */
export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.network)}/${prefix.length}`;
}

/** How many addresses it has; rounded above 2^53. */
export function sizeOf(prefix: Prefix): number {
  return 2 ** (bitsOf(prefix.network) - prefix.length);
}

/** The last address of a block; the first is its `network`. */
export function lastAddress({ network, length }: Prefix): Address {
  const words = network.words.map((word, i) => word + 2 ** (32 - Math.min(32, Math.max(0, length - 32 * i))) - 1);
  return { family: network.family, words };
}

/** The address at an index from the start; throws where the block has none. */
export function addressAt(prefix: Prefix, index: number): Address {
  if (index < 0 || index >= sizeOf(prefix)) throw new RangeError(`${formatPrefix(prefix)} has no address ${index}`);
  return addOffset(prefix.network, index);
}

/** Whether an address lies in a block. */
export function containsAddress(prefix: Prefix, address: Address): boolean {
  if (prefix.network.family !== address.family) return false;
  return compareAddresses(prefixAround(address, prefix.length).network, prefix.network) === 0;
}

/** Whether a block lies wholly in another; each lies in itself. */
export function containsPrefix(outer: Prefix, inner: Prefix): boolean {
  return outer.length <= inner.length && containsAddress(outer, inner.network);
}

/** Whether two blocks have an address in common: blocks nest or are apart. */
export function overlaps(a: Prefix, b: Prefix): boolean {
  return containsPrefix(a, b) || containsPrefix(b, a);
}
