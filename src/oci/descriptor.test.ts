import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDescriptor } from './descriptor.ts';
import { MEDIA_TYPE } from './media-type.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const PLAIN = { mediaType: MEDIA_TYPE.octetStream, digest: DIGEST, size: 3 };

/** What is changed of a good descriptor, and what is said about it. */
const REFUSED: readonly (readonly [string, object, RegExp])[] = [
  ['without mediaType', { mediaType: undefined }, /^has no mediaType$/],
  ['with an empty mediaType', { mediaType: '' }, /^has no mediaType$/],
  ['with a number as mediaType', { mediaType: 1 }, /^has no mediaType$/],
  ['without size', { size: undefined }, /^has size undefined/],
  ['with a negative size', { size: -1 }, /^has size -1/],
  ['with a fraction as size', { size: 1.5 }, /^has size 1.5/],
  ['with a size no number holds exactly', { size: 2 ** 53 }, /^has size 9007199254740992/],
  ['with text as size', { size: '3' }, /^has size "3"/],
  ['without digest', { digest: undefined }, /^has digest undefined/],
  ['with a short digest', { digest: 'sha256:aa' }, /^has digest "sha256:aa", not sha256:<64 hex>/],
  ['with a list as digest', { digest: [DIGEST] }, /^has digest \[/],
  ['with annotations in a list', { annotations: [] }, /^has annotations that are not an object$/],
  ['with a number as annotation', { annotations: { a: 1 } }, /^has annotation "a" whose value is not a string$/],
];

describe('a descriptor', () => {
  it('has a media type, a digest and a size', () => assert.deepEqual(parseDescriptor(PLAIN), PLAIN));

  it('may be empty', () => assert.deepEqual(parseDescriptor({ ...PLAIN, size: 0 }), { ...PLAIN, size: 0 }));

  it('may have annotations, an artifact type and a platform', () => {
    const full = {
      ...PLAIN,
      artifactType: 'a/b',
      annotations: { 'é\u0000': '' },
      platform: { os: 'linux', architecture: 'arm64' },
    };
    assert.deepEqual(parseDescriptor(full), full);
  });

  it('keeps nothing that the registry does not act on', () => {
    const rich = { ...PLAIN, urls: ['https://a'], data: 'aGk=', platform: { os: 'linux', variant: 'v8' } };
    assert.deepEqual(parseDescriptor(rich), { ...PLAIN, platform: { os: 'linux' } });
  });

  for (const [what, change, says] of REFUSED)
    it(`${what} is refused`, () => {
      const parsed = parseDescriptor({ ...PLAIN, ...change });
      assert.ok(typeof parsed === 'string');
      assert.match(parsed, says);
    });

  for (const value of [null, undefined, 'text', 1, [PLAIN]])
    it(`is not ${JSON.stringify(value)?.slice(0, 20)}`, () => assert.equal(parseDescriptor(value), 'is not an object'));
});
