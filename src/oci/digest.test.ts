import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { algorithmOf, digestOf, parseDigest, parseDigestAlgorithm } from './digest.ts';

const HEX = fc.constantFrom(...'0123456789abcdef'.split(''));

/** Hexadecimal text of exactly this length. */
function hexOf(length: number): fc.Arbitrary<string> {
  return fc.string({ unit: HEX, minLength: length, maxLength: length });
}

const ACCEPTED: readonly (readonly [string, string])[] = [
  ['sha256 with 64 hex digits', `sha256:${'0a'.repeat(32)}`],
  ['sha512 with 128 hex digits', `sha512:${'0a'.repeat(64)}`],
];

const REFUSED: readonly (readonly [string, string])[] = [
  ['sha256 with 63 digits', `sha256:${'a'.repeat(63)}`],
  ['sha256 with 65 digits', `sha256:${'a'.repeat(65)}`],
  ['sha256 with the length of sha512', `sha256:${'a'.repeat(128)}`],
  ['sha512 with the length of sha256', `sha512:${'a'.repeat(64)}`],
  ['capital digits', `sha256:${'A'.repeat(64)}`],
  ['a capital algorithm', `SHA256:${'a'.repeat(64)}`],
  ['a digit that is not hex', `sha256:${'a'.repeat(63)}g`],
  ['a newline behind', `sha256:${'a'.repeat(64)}\n`],
  ['a newline in place of the last digit', `sha256:${'a'.repeat(63)}\n`],
  ['a full-width digit', `sha256:${'a'.repeat(63)}１`],
  ['a way out of the folder', `sha256:${'../'.repeat(21)}a`],
  ['an algorithm that is registered but not computed here', `blake3:${'a'.repeat(64)}`],
  ['md5', `md5:${'a'.repeat(32)}`],
  ['a name of an object property as algorithm', `constructor:${'a'.repeat(64)}`],
  ['no algorithm', `:${'a'.repeat(64)}`],
  ['no colon', `sha256${'a'.repeat(64)}`],
  ['two colons', `sha256::${'a'.repeat(63)}`],
  ['a space before', ` sha256:${'a'.repeat(64)}`],
  ['nothing', ''],
  ['a tag', 'latest'],
];

describe('a digest', () => {
  for (const [name, text] of ACCEPTED) it(`is ${name}`, () => assert.equal(parseDigest(text), text));
  for (const [name, text] of REFUSED) it(`is not ${name}`, () => assert.equal(parseDigest(text), undefined));

  it('survives being taken apart and put together', () => {
    const parts = fc.oneof(
      hexOf(64).map((hex) => ['sha256', hex] as const),
      hexOf(128).map((hex) => ['sha512', hex] as const),
    );
    fc.assert(
      fc.property(parts, ([algorithm, hex]) => {
        const digest = digestOf(algorithm, hex);
        assert.equal(digest, `${algorithm}:${hex}`);
        assert.equal(parseDigest(digest), digest);
        assert.equal(algorithmOf(digest), algorithm);
      }),
    );
  });

  it('is never read from any other text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const digest = parseDigest(text);
        assert.ok(digest === undefined || /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(digest));
      }),
    );
  });

  it('made of what a hash gave throws when that cannot be its output', () => {
    assert.throws(() => digestOf('sha256', 'abc'), /not the hexadecimal form of a sha256 digest: abc/);
  });
});

describe('the algorithm of a digest', () => {
  it('is sha256 or sha512', () => {
    assert.deepEqual(['sha256', 'sha512'].map(parseDigestAlgorithm), ['sha256', 'sha512']);
  });
  it('is nothing else', () => {
    for (const text of ['sha384', 'SHA256', '', 'toString']) assert.equal(parseDigestAlgorithm(text), undefined);
  });
});
