import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, mock } from 'node:test';
import { OutboundFailedError } from '../../outbound/door.ts';
import { openWork } from '../sqlite/store.ts';
import { startCourier } from './courier.ts';

const MESSAGE = {
  id: 'one',
  webhook: 'hook',
  createdMs: 0,
  dueMs: 0,
  attempts: 0,
  content: '{}',
  result: undefined,
};

describe('a courier', () => {
  it('rests before it sends again what it has no room to note: it calls nobody without end', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-courier-'));
    await using store = await openWork({ path: join(folder.path, 'work.db'), onFatal: (error) => assert.fail(error) });
    await store.addDeliveries([MESSAGE]);
    let sent = 0;
    let failures = 0;
    let failed = Promise.withResolvers<void>();
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const services = {
        store: { ...store, attempted: () => Promise.reject(new Error('full')) },
        door: {
          send: () => {
            sent++;
            return Promise.reject(new OutboundFailedError('nobody is there'));
          },
        },
        receiver: () => ({ url: new URL('http://127.0.0.1/'), headers: {} }),
        now: () => 10,
        onFailure: () => {
          failures++;
          failed.resolve();
        },
      };
      await using _ = startCourier(services);
      await failed.promise;
      await new Promise(setImmediate);
      mock.timers.tick(29_000);
      await new Promise(setImmediate);
      assert.deepEqual([sent, failures], [1, 1]);
      failed = Promise.withResolvers();
      mock.timers.tick(1_000);
      await failed.promise;
      assert.deepEqual([sent, failures], [2, 2]);
    } finally {
      mock.timers.reset();
    }
  });
});
