import { type Address, addOffset, compareAddresses } from '../network/address.ts';
import { lastAddress, type Prefix } from '../network/prefix.ts';

/** Finds the narrowest of many prefixes that holds an address: sorted ranges that do not overlap, binary search, no allocation. */
export interface PrefixTable {
  /** The index of the prefix in the list that was compiled; -1 when none holds the address. */
  find(address: Address): number;
}

interface Range {
  readonly from: Address;
  readonly to: Address;
  readonly rule: number;
}

/** Compiles a list of prefixes; costs time in the length of the list, once per snapshot. */
export function compilePrefixTable(prefixes: readonly Prefix[]): PrefixTable {
  const four = tableOf(flatten(rangesOf(prefixes, 4)), 1);
  const six = tableOf(flatten(rangesOf(prefixes, 6)), 4);
  return { find: (address) => (address.family === 4 ? lookUpFour(four, address.words[0]) : lookUpSix(six, address)) };
}

function rangesOf(prefixes: readonly Prefix[], family: 4 | 6): readonly Range[] {
  return prefixes
    .flatMap((prefix, rule) =>
      prefix.network.family === family ? [{ from: prefix.network, to: lastAddress(prefix), rule }] : [],
    )
    .toSorted((a, b) => compareAddresses(a.from, b.from) || compareAddresses(b.to, a.to));
}

/** Prefixes nest or are apart: what is left of an outer one stands before, between and after those within it. */
function flatten(sorted: readonly Range[]): readonly Range[] {
  const flat: Range[] = [];
  const open: { to: Address; rule: number; next: Address | undefined }[] = [];
  const put = (from: Address, to: Address, rule: number): void => void flat.push({ from, to, rule });
  const close = (): void => {
    const top = open.pop();
    if (top?.next !== undefined) put(top.next, top.to, top.rule);
    const outer = open.at(-1);
    if (top !== undefined && outer !== undefined)
      outer.next = compareAddresses(top.to, outer.to) === 0 ? undefined : addOffset(top.to, 1);
  };
  for (const { from, to, rule } of sorted) {
    for (let top = open.at(-1); top !== undefined && compareAddresses(top.to, from) < 0; top = open.at(-1)) close();
    const outer = open.at(-1);
    if (outer?.next !== undefined && compareAddresses(outer.next, from) < 0)
      put(outer.next, addOffset(from, -1), outer.rule);
    open.push({ to, rule, next: from });
  }
  while (open.length > 0) close();
  return flat;
}

interface Table {
  readonly words: number;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly rule: Int32Array;
}

function tableOf(ranges: readonly Range[], words: number): Table {
  return {
    words,
    from: Uint32Array.from(ranges.flatMap(({ from }) => from.words)),
    to: Uint32Array.from(ranges.flatMap(({ to }) => to.words)),
    rule: Int32Array.from(ranges.map(({ rule }) => rule)),
  };
}

/** An address of one word, whose comparison is that of two numbers: most requests come this way. */
function lookUpFour({ from, to, rule }: Table, word = 0): number {
  let low = 0;
  let high = from.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((from[middle] ?? 0) > word) high = middle;
    else low = middle + 1;
  }
  if (low === 0 || (to[low - 1] ?? 0) < word) return -1;
  return rule[low - 1] ?? -1;
}

function lookUpSix({ words, from, to, rule }: Table, address: Address): number {
  let low = 0;
  let high = rule.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (compareAt(from, middle * words, address.words) > 0) high = middle - 1;
    else low = middle + 1;
  }
  if (high < 0 || compareAt(to, high * words, address.words) < 0) return -1;
  return rule[high] ?? -1;
}

function compareAt(table: Uint32Array, at: number, words: readonly number[]): number {
  for (let i = 0; i < words.length; i += 1) {
    const difference = (table[at + i] ?? 0) - (words[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
