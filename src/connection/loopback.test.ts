import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLoopback } from './loopback.ts';

describe('an address', () => {
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
