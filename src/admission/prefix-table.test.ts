import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Address, parseAddress } from '../network/address.ts';
import { containsAddress, type Prefix, prefixAround } from '../network/prefix.ts';
import { prefixOf } from './policy.ts';
import { compilePrefixTable } from './prefix-table.ts';

describe('a table of prefixes', () => {
  const prefixes = ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '0.0.0.0/0', '255.255.255.255', '2001:db8::/32'];
  const table = compilePrefixTable(prefixes.map(prefixOf));
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['10.1.2.3', '10.1.2.3'],
    ['10.1.2.4', '10.1.0.0/16'],
    ['10.0.255.255', '10.0.0.0/8'],
    ['10.2.0.0', '10.0.0.0/8'],
    ['11.0.0.0', '0.0.0.0/0'],
    ['0.0.0.0', '0.0.0.0/0'],
    ['255.255.255.254', '0.0.0.0/0'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:db8::1', '2001:db8::/32'],
    ['2001:db9::', undefined],
    ['::', undefined],
  ];
  for (const [text, rule] of rows)
    it(`${text} is in ${rule ?? 'none'}`, () => {
      const address = parseAddress(text);
      assert.ok(address);
      assert.equal(prefixes[table.find(address)], rule);
    });

  it('an empty one holds nothing', () => {
    const address = parseAddress('10.0.0.1');
    assert.ok(address);
    assert.equal(compilePrefixTable([]).find(address), -1);
  });

  it('finds the narrowest that a look at each of them finds', () => {
    const word = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.constantFrom(0, 1, 2, 255, 2 ** 31, 2 ** 32 - 1),
    );
    const address = fc.oneof(
      word.map((one): Address => ({ family: 4, words: [one] })),
      fc.tuple(word, word, word, word).map((words): Address => ({ family: 6, words })),
    );
    const around = fc
      .tuple(address, fc.integer({ min: 0, max: 128 }))
      .map(([one, length]) => prefixAround(one, one.family === 4 ? length % 33 : length));
    fc.assert(
      fc.property(
        fc.array(around, { maxLength: 40 }),
        fc.array(address, { minLength: 20, maxLength: 20 }),
        (all, some) => {
          const compiled = compilePrefixTable(all);
          const edges = all.map(({ network }) => network);
          for (const one of [...some, ...edges]) assert.equal(all[compiled.find(one)]?.length, narrowest(all, one));
        },
      ),
      { numRuns: 300 },
    );
  });
});

function narrowest(all: readonly Prefix[], address: Address): number | undefined {
  const lengths = all.filter((prefix) => containsAddress(prefix, address)).map(({ length }) => length);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}
