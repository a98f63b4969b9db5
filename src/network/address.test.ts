import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Address, addOffset, compareAddresses, formatAddress, parseAddress } from './address.ts';

function formatted(text: string): string | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
}

const word = fc.integer({ min: 0, max: 0xffffffff });
const anyAddress: fc.Arbitrary<Address> = fc.oneof(
  word.map((w) => ({ family: 4 as const, words: [w] })),
  fc
    .tuple(fc.integer({ min: 1, max: 0xffffffff }), word, word, word)
    .map((words) => ({ family: 6 as const, words: [...words] })),
);

describe('an address is read and written in one form', () => {
  for (const [text, canonical] of [
    ['10.0.0.1', '10.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8::0:1', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['1:0:2:0:3:0:4:0', '1:0:2:0:3:0:4:0'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::ffff:a01:203', '10.1.2.3'],
    ['0:0:0:0:0:FFFF:10.1.2.3', '10.1.2.3'],
    ['fe80::', 'fe80::'],
  ] as const)
    it(`${text} is ${canonical}`, () => assert.equal(formatted(text), canonical));
});

describe('what is nearly an address is none', () => {
  for (const text of [
    '010.0.0.1',
    '10.0.0.01',
    '0x0a.0.0.1',
    '10.1',
    '10.0.0.256',
    '10.0.0.1.',
    ' 10.0.0.1',
    '10.0.0.1/32',
    '167772161',
    '１0.0.0.1',
    'fe80::1%eth0',
    'fe80::1%25eth0',
    '[::1]',
    ':::',
    '1::2::3',
    '::ffff:010.0.0.1',
    '1:2:3:4:5:6:7:8:9',
    '',
  ])
    it(JSON.stringify(text), () => assert.equal(parseAddress(text), undefined));
});

describe('addresses as numbers', () => {
  it('what is written reads as the same address', () =>
    fc.assert(fc.property(anyAddress, (a) => assert.deepEqual(parseAddress(formatAddress(a)), a))));
  it('stepping forward orders after, and is refused beyond the last', () => {
    fc.assert(
      fc.property(anyAddress, fc.integer({ min: 1, max: 2 ** 40 }), (address, offset) => {
        if (address.words.every((w) => w > 0xff000000) || address.family === 4) return;
        assert.ok(compareAddresses(addOffset(address, offset), address) > 0);
      }),
    );
    assert.throws(() => addOffset({ family: 4, words: [0xffffffff] }, 1), /255\.255\.255\.255/);
    assert.equal(formatAddress(addOffset({ family: 6, words: [1, 0, 0xffffffff, 0xffffffff] }, 1)), '0:1:0:1::');
  });
  it('the order is that of numbers, IPv4 first', () => {
    const ordered = ['9.0.0.1', '10.0.0.1', '200.0.0.1', '::1', '2::', 'f::'].map((text) => parseAddress(text));
    const sorted = ordered.filter((a) => a !== undefined).toSorted(compareAddresses);
    assert.deepEqual(sorted, ordered);
  });
});
