import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MAX_REPOSITORY_NAME, parseReference, parseRepositoryName, parseTag } from './reference.ts';

/** The grammar of the distribution specification, "Pulling manifests", as it is written there. */
const SPEC_NAME = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;
const SPEC_TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

const NAMES: readonly string[] = [
  'a',
  '0',
  'library/hello-world',
  'a/b/c/d/e/f',
  'a.b_c__d-e--f---g',
  'manifests/tags/blobs/uploads',
  'v2',
  'a'.repeat(MAX_REPOSITORY_NAME),
];

const NOT_NAMES: readonly (readonly [string, string])[] = [
  ['empty text', ''],
  ['one character too many', 'a'.repeat(MAX_REPOSITORY_NAME + 1)],
  ['capitals', 'Library/app'],
  ['a leading slash', '/app'],
  ['a trailing slash', 'app/'],
  ['an empty component', 'a//b'],
  ['the folder itself', 'a/./b'],
  ['the folder above', '../a'],
  ['the folder above, inside', 'a/../b'],
  ['three underscores', 'a___b'],
  ['two dots', 'a..b'],
  ['mixed separators', 'a.-b'],
  ['a separator first', '-a'],
  ['a separator last', 'a-'],
  ['an underscore first, as ACR has for its own paths', '_catalog'],
  ['a colon', 'a:b'],
  ['an at sign', 'a@b'],
  ['a space', 'a b'],
  ['a newline behind', 'a\n'],
  ['a null byte', 'a\0b'],
  ['a backslash', 'a\\b'],
  ['an escape not decoded', 'a%2fb'],
  ['a letter with an accent', 'é'],
  ['a Cyrillic letter that looks Latin', 'аpp'],
  ['the Kelvin sign, whose lower case is k', '\u212a'],
];

const TAGS: readonly string[] = ['latest', '_', 'V1.0-rc.1', '1', '_x', 'a'.repeat(128)];

const NOT_TAGS: readonly (readonly [string, string])[] = [
  ['empty text', ''],
  ['129 characters', 'a'.repeat(129)],
  ['a leading dot', '.hidden'],
  ['the folder above', '..'],
  ['a leading dash', '-x'],
  ['a slash', 'a/b'],
  ['a plus sign', '1.0+build'],
  ['a newline behind', 'latest\n'],
  ['a space', 'a b'],
  ['a letter with an accent', 'é'],
];

describe('a repository name', () => {
  for (const name of NAMES) it(`is ${name.slice(0, 40)}`, () => assert.equal(parseRepositoryName(name), name));
  for (const [what, text] of NOT_NAMES) it(`is not ${what}`, () => assert.equal(parseRepositoryName(text), undefined));

  it('is what the grammar of the specification says, up to its length', () => {
    const nearly = fc.string({ unit: fc.constantFrom(...'ab0._-/A%'.split('')), maxLength: 24 });
    fc.assert(
      fc.property(nearly, (text) => assert.equal(parseRepositoryName(text) !== undefined, SPEC_NAME.test(text))),
      { numRuns: 2000 },
    );
  });
});

describe('a tag', () => {
  for (const tag of TAGS) it(`is ${tag.slice(0, 40)}`, () => assert.equal(parseTag(tag), tag));
  for (const [what, text] of NOT_TAGS) it(`is not ${what}`, () => assert.equal(parseTag(text), undefined));

  it('is what the grammar of the specification says', () => {
    const nearly = fc.string({ unit: fc.constantFrom(...'aZ0._-/+\n'.split('')), maxLength: 140 });
    fc.assert(fc.property(nearly, (text) => assert.equal(parseTag(text) !== undefined, SPEC_TAG.test(text))));
  });
});

describe('a reference', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  it('with a colon is a digest', () => assert.deepEqual(parseReference(digest), { kind: 'digest', digest }));
  it('with a colon that is no digest is nothing', () => assert.equal(parseReference('latest:1'), undefined));
  it('without a colon is a tag', () => assert.deepEqual(parseReference('v1'), { kind: 'tag', tag: 'v1' }));
  it('without a colon that is no tag is nothing', () => assert.equal(parseReference('.v1'), undefined));
});
