import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatListenAddress, parseListenAddress } from './address.ts';

describe('a listen address', () => {
  for (const text of ['127.0.0.1:5443', '[::1]:5443', '0.0.0.0:0', 'localhost:65535', 'a.b-c.test:80'])
    it(`${text} is read and written the same`, () => {
      const address = parseListenAddress(text);
      assert.ok(address);
      assert.equal(formatListenAddress(address), text);
    });
  for (const text of [
    '127.0.0.1',
    '::1:5443',
    '[127.0.0.1]:1',
    '010.0.0.1:80',
    '10.1:80',
    'a:65536',
    'a:080',
    ':80',
    'A.test:80',
    'a b:1',
  ])
    it(`${text} is refused`, () => assert.equal(parseListenAddress(text), undefined));
});
