import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Denial } from './port.ts';
import { ringOfDenials } from './ring.ts';

const denial = (atMs: number, more: Partial<Denial> = {}): Denial => ({
  atMs,
  registry: 'myregistry',
  address: '203.0.113.9',
  reason: 'default-deny',
  generation: '1.1',
  method: 'GET',
  path: '/v2/',
  correlationId: String(atMs),
  ...more,
});

describe('denials', () => {
  it('are listed with the newest first, as many as are asked for', async () => {
    const ring = ringOfDenials(5);
    for (const atMs of [1, 2, 3]) ring.add(denial(atMs));
    assert.deepEqual(
      (await ring.list({ most: 2 })).map(({ atMs }) => atMs),
      [3, 2],
    );
  });

  it('give way to newer ones when there is no room, which is counted', async () => {
    const ring = ringOfDenials(2);
    for (const atMs of [1, 2]) ring.add(denial(atMs));
    assert.equal(ring.dropped, 0);
    ring.add(denial(3));
    assert.deepEqual([(await ring.list({ most: 9 })).map(({ atMs }) => atMs), ring.dropped], [[3, 2], 1]);
  });

  it('are narrowed by registry, address, reason and time', async () => {
    const ring = ringOfDenials(9);
    ring.add(denial(1));
    ring.add(denial(2, { registry: 'another', address: '203.0.113.10', reason: 'unattributed' }));
    const found = async (filter: object): Promise<readonly number[]> =>
      (await ring.list({ most: 9, ...filter })).map(({ atMs }) => atMs);
    assert.deepEqual(await found({ registry: 'Another' }), [2]);
    assert.deepEqual(await found({ address: '203.0.113.9' }), [1]);
    assert.deepEqual(await found({ reason: 'unattributed' }), [2]);
    assert.deepEqual(await found({ sinceMs: 2 }), [2]);
  });

  it('keep no more of what a client wrote than is bounded', async () => {
    const ring = ringOfDenials(1);
    ring.add(denial(1, { path: `/${'x'.repeat(10_000)}`, userAgent: 'y'.repeat(10_000) }));
    const [kept] = await ring.list({ most: 1 });
    assert.deepEqual([kept?.path.length, kept?.userAgent?.length], [200, 200]);
  });
});
