import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SharedSync } from './directory-sync.ts';

/** A sync whose runs a case ends by hand. */
function byHand() {
  const runs: PromiseWithResolvers<void>[] = [];
  const shared = new SharedSync(() => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  });
  return { runs, shared };
}

describe('the shared fsync of a folder', () => {
  it('lets those who come while one runs wait for the next, which they share', async () => {
    const { runs, shared } = byHand();
    const first = shared.sync();
    const second = shared.sync();
    const third = shared.sync();
    runs[0]?.resolve();
    await first;
    await new Promise(setImmediate);
    assert.equal(runs.length, 2);
    runs[1]?.resolve();
    await Promise.all([second, third]);
    const fourth = shared.sync();
    assert.equal(runs.length, 3);
    runs[2]?.resolve();
    await fourth;
  });

  it('tells a failure to those who waited for it, and to nobody else', async () => {
    const { runs, shared } = byHand();
    const first = shared.sync();
    const second = shared.sync();
    runs[0]?.reject(new Error('EIO'));
    await assert.rejects(first, /EIO/);
    await new Promise(setImmediate);
    runs[1]?.resolve();
    await second;
  });
});
