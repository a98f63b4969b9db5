import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareAddresses, formatAddress, parseAddress } from './address.ts';
import {
  addressAt,
  containsAddress,
  containsPrefix,
  formatPrefix,
  hostPrefix,
  lastAddress,
  overlaps,
  type Prefix,
  parsePrefix,
  prefixAround,
  sizeOf,
} from './prefix.ts';
import { privateRange, reservedRange } from './special-range.ts';

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  assert.equal(parsed.kind, 'parsed', text);
  return parsed.prefix;
}

const word = fc.integer({ min: 0, max: 0xffffffff });
const anyPrefix: fc.Arbitrary<Prefix> = fc.oneof(
  fc.tuple(word, fc.nat(32)).map(([w, length]) => prefixAround({ family: 4, words: [w] }, length)),
  fc
    .tuple(fc.tuple(fc.integer({ min: 2 ** 31, max: 2 ** 32 - 1 }), word, word, word), fc.nat(128))
    .map(([words, length]) => prefixAround({ family: 6, words: [...words] }, length)),
);

describe('a prefix is read strictly', () => {
  for (const text of ['0.0.0.0/0', '10.0.0.0/8', '10.0.0.4/32', '::/0', 'fd00:1::/64', 'fd00::1/128'])
    it(`${text} is one`, () => assert.equal(formatPrefix(prefix(text)), text));
  for (const text of ['10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/-1', '10.0/16', '010.0.0.0/8'])
    it(`${text} is none`, () => assert.equal(parsePrefix(text).kind, 'malformed'));
  for (const text of [
    '::/129',
    '::ffff:10.0.0.0/104',
    '::ffff:10.0.0.1/32',
    '10.0.0.0/8/8',
    '10.0.0.0/8 ',
    'fe80::%1/64',
  ])
    it(`${text} is none`, () => assert.equal(parsePrefix(text).kind, 'malformed'));
  it('host bits are told apart, with the block that was probably meant', () => {
    const parsed = parsePrefix('10.0.0.7/24');
    assert.equal(parsed.kind, 'host-bits');
    assert.equal(formatPrefix(parsed.enclosing), '10.0.0.0/24');
  });
});

describe('blocks as sets of addresses', () => {
  it('the first and the last address are in it, and those beside it are not', () => {
    for (const [text, last, beyond] of [
      ['10.0.0.0/24', '10.0.0.255', '10.0.1.0'],
      ['10.0.0.4/32', '10.0.0.4', '10.0.0.5'],
      ['fd00::/64', 'fd00::ffff:ffff:ffff:ffff', 'fd00:0:0:1::'],
    ] as const) {
      const block = prefix(text);
      const next = parseAddress(beyond);
      assert.equal(formatAddress(lastAddress(block)), last);
      assert.ok(containsAddress(block, lastAddress(block)) && next !== undefined && !containsAddress(block, next));
    }
  });
  it('addresses are counted from the start, and none is given beyond the end', () => {
    assert.equal(formatAddress(addressAt(prefix('10.0.0.0/24'), 4)), '10.0.0.4');
    assert.throws(() => addressAt(prefix('10.0.0.0/29'), 8), /10\.0\.0\.0\/29 has no address 8/);
  });
  it('writing and reading give the same block', () =>
    fc.assert(
      fc.property(anyPrefix, (p) => assert.deepEqual(parsePrefix(formatPrefix(p)), { kind: 'parsed', prefix: p })),
    ));
  it('a block contains what is between its ends, and nothing else', () =>
    fc.assert(
      fc.property(anyPrefix, anyPrefix, ({ network }, block) => {
        const between =
          compareAddresses(block.network, network) <= 0 && compareAddresses(network, lastAddress(block)) <= 0;
        assert.equal(containsAddress(block, network), between);
        assert.equal(containsPrefix(block, hostPrefix(network)), between);
      }),
    ));
  it('a larger prefix does not lie within a smaller one of its own, nor beside it', () => {
    assert.equal(containsPrefix(prefix('10.0.0.0/16'), prefix('10.0.1.0/24')), true);
    assert.equal(containsPrefix(prefix('10.0.0.0/24'), prefix('10.0.0.0/16')), false);
    assert.equal(containsPrefix(prefix('10.0.0.0/24'), prefix('10.0.1.0/24')), false);
  });
  it('overlapping is having an end of one within the other, either way round', () =>
    fc.assert(
      fc.property(anyPrefix, anyPrefix, (a, b) => {
        const within = containsAddress(a, b.network) || containsAddress(b, a.network);
        assert.equal(overlaps(a, b), within);
        assert.equal(overlaps(b, a), within);
        assert.ok(sizeOf(a) >= 1 && overlaps(a, a));
      }),
    ));
});

describe('special ranges', () => {
  const shown = (range: Prefix | undefined): string | undefined => range && formatPrefix(range);
  for (const [text, range] of [
    ['10.1.0.0/16', '10.0.0.0/8'],
    ['172.31.255.255/32', '172.16.0.0/12'],
    ['172.32.0.0/32', undefined],
    ['8.0.0.0/6', '10.0.0.0/8'],
    ['198.18.77.0/24', undefined],
    ['fd00::/64', 'fc00::/7'],
    ['2001:db8::/32', undefined],
  ] as const)
    it(`${text} is ${range === undefined ? 'public' : `private by ${range}`}`, () =>
      assert.equal(shown(privateRange(prefix(text))), range));
  for (const [text, range] of [
    ['168.63.129.16/32', '168.63.129.16/32'],
    ['168.63.129.17/32', undefined],
    ['127.0.0.0/9', '127.0.0.0/8'],
    ['240.0.0.0/4', '255.255.255.255/32'],
    ['::1/128', '::/127'],
    ['10.0.0.0/8', undefined],
  ] as const)
    it(`${text} is ${range === undefined ? 'not reserved' : `reserved by ${range}`}`, () =>
      assert.equal(shown(reservedRange(prefix(text))), range));
});
