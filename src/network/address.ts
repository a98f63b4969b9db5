import { isIPv4, isIPv6 } from 'node:net';

/** An IP address: one unsigned 32-bit word for IPv4, four for IPv6, the highest first. Never an IPv4-mapped IPv6 one. */
export interface Address {
  readonly family: 4 | 6;
  readonly words: readonly number[];
}

const MAPPED = [0, 0, 0xffff];

/**
 * Reads an address, strictly: four decimal parts without leading zeros, or IPv6 without zone or brackets. An
 * IPv4-mapped IPv6 address is the IPv4 address it carries: here, and nowhere else. `undefined` for anything else.
 */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: 4, words: [ipv4Word(text)] };
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const words = ipv6Words(text);
  return MAPPED.every((word, i) => words[i] === word) ? { family: 4, words: words.slice(3) } : { family: 6, words };
}

function ipv4Word(text: string): number {
  return text.split('.').reduce((word, part) => word * 256 + Number(part), 0);
}

function ipv6Words(text: string): readonly number[] {
  const [before = '', after] = withoutDots(text).split('::');
  const head = groups(before);
  const tail = groups(after ?? '');
  const all = [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return [0, 2, 4, 6].map((i) => (all[i] ?? 0) * 65536 + (all[i + 1] ?? 0));
}

function groups(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

/** The last four bytes may be written as an IPv4 address (RFC 4291 section 2.2). */
function withoutDots(text: string): string {
  const last = text.slice(text.lastIndexOf(':') + 1);
  if (!last.includes('.')) return text;
  const word = ipv4Word(last);
  return `${text.slice(0, -last.length)}${Math.floor(word / 65536).toString(16)}:${(word % 65536).toString(16)}`;
}

/** Writes an address as RFC 5952 asks: lower case, no leading zeros, the longest run of zeros as `::`. */
export function formatAddress({ family, words }: Address): string {
  if (family === 4) return words.flatMap((word) => bytes(word)).join('.');
  const hextets = words.flatMap((word) => [Math.floor(word / 65536), word % 65536]);
  const run = longestZeros(hextets);
  if (run.length < 2) return hex(hextets);
  return `${hex(hextets.slice(0, run.start))}::${hex(hextets.slice(run.start + run.length))}`;
}

function bytes(word: number): readonly number[] {
  return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
}

function hex(hextets: readonly number[]): string {
  return hextets.map((hextet) => hextet.toString(16)).join(':');
}

function longestZeros(hextets: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [i, hextet] of hextets.entries()) {
    length = hextet === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: i + 1 - length, length };
  }
  return best;
}

/** Orders addresses, IPv4 before IPv6: negative, zero or positive. */
export function compareAddresses(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family - b.family;
  for (const [i, word] of a.words.entries()) {
    const difference = word - (b.words[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The address `offset` further on (a whole number, 2^53 at most either way); throws beyond the addresses of the family. */
export function addOffset({ family, words }: Address, offset: number): Address {
  let carry = offset;
  const sum = words.toReversed().map((word) => {
    const value = word + carry;
    carry = Math.floor(value / 2 ** 32);
    return value - carry * 2 ** 32;
  });
  if (carry !== 0) throw new RangeError(`no address lies ${offset} after ${formatAddress({ family, words })}`);
  return { family, words: sum.toReversed() };
}
