import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLoopback, normaliseAddress } from './loopback.ts';

describe('an address', () => {
  const same: readonly (readonly [string, string])[] = [
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::FFFF:10.1.2.3', '10.1.2.3'],
    ['10.1.2.3', '10.1.2.3'],
    ['::1', '::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:db8::ffff:10.1.2.3', '2001:db8::ffff:10.1.2.3'],
  ];
  for (const [shown, seen] of same)
    it(`${shown} is seen as ${seen}`, () => assert.equal(normaliseAddress(shown), seen));

  const rows: readonly (readonly [string, boolean])[] = [
    ['127.0.0.1', true],
    ['127.255.255.254', true],
    ['128.0.0.1', false],
    ['126.255.255.255', false],
    ['10.0.0.1', false],
    ['::1', true],
    ['::2', false],
    ['fe80::1', false],
  ];
  for (const [address, loopback] of rows)
    it(`${address} is ${loopback ? 'loopback' : 'not loopback'}`, () => assert.equal(isLoopback(address), loopback));
});
