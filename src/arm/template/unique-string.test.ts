import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { guid, uniqueString } from './unique-string.ts';

/** What Azure gave, in public templates and tests. */
const VECTORS: readonly (readonly [readonly string[], string])[] = [
  [[''], 'aaaaaaaaaaaaa'],
  [['test'], 'rbgf3xv4ufgzg'],
  [['abc'], 'cgtzqvhu4i23s'],
  [['hello', 'world'], 'a7wkljktk6wne'],
];

describe('uniqueString', () => {
  for (const [parts, text] of VECTORS)
    it(`of ${JSON.stringify(parts)} is ${text}`, () => assert.equal(uniqueString(parts), text));
});

describe('guid', () => {
  it('is a name-based UUID, the same for the same arguments and another for others', () => {
    assert.match(guid(['a', 'b']), /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(guid(['a', 'b']), guid(['a', 'b']));
    assert.notEqual(guid(['a', 'b']), guid(['a', 'c']));
  });
});
