import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf } from '../oci/digest.ts';
import { effectiveRange, entityTag, matchesNone } from './conditional.ts';

const DIGEST = digestOf('sha256', 'a'.repeat(64));
const OTHER = digestOf('sha256', 'b'.repeat(64));

const MATCHING: readonly (readonly [string, string])[] = [
  ['the entity tag', `"${DIGEST}"`],
  ['the digest without quotes', DIGEST],
  ['a weak tag, which compares weakly here', `W/"${DIGEST}"`],
  ['a list with the tag in it', `"${OTHER}", "${DIGEST}"`],
  ['an asterisk', '*'],
];

const OTHERS: readonly (readonly [string, string | undefined])[] = [
  ['nothing', undefined],
  ['empty text', ''],
  ['another tag', `"${OTHER}"`],
  ['a part of the tag', `"${DIGEST.slice(0, -1)}"`],
  ['the tag in capitals', `"${DIGEST.toUpperCase()}"`],
];

describe('If-None-Match', () => {
  for (const [what, value] of MATCHING)
    it(`names the content by ${what}`, () => assert.ok(matchesNone({ 'if-none-match': value }, DIGEST)));
  for (const [what, value] of OTHERS)
    it(`does not name it by ${what}`, () => {
      assert.ok(!matchesNone(value === undefined ? {} : { 'if-none-match': value }, DIGEST));
    });
});

describe('Range', () => {
  const range = 'bytes=0-1';
  it('holds without a condition', () => assert.equal(effectiveRange({ range }, DIGEST), range));
  it('holds when If-Range names the content', () => {
    assert.equal(effectiveRange({ range, 'if-range': entityTag(DIGEST) }, DIGEST), range);
  });
  for (const [what, value] of [
    ['other content', entityTag(OTHER)],
    ['it weakly, as ranges need a strong tag', `W/${entityTag(DIGEST)}`],
    ['a date, which content here has none of', 'Wed, 21 Oct 2015 07:28:00 GMT'],
  ] as const)
    it(`is void when If-Range names ${what}`, () => {
      assert.equal(effectiveRange({ range, 'if-range': value }, DIGEST), undefined);
    });
});
