import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { type StopSignal, stopRequests } from './stop.ts';

/** Whether a promise is settled by now. */
async function settled(promise: Promise<StopSignal>): Promise<StopSignal | 'waiting'> {
  return Promise.race([promise, Promise.resolve('waiting' as const)]);
}

describe('a request to stop', () => {
  it('is the first signal', async () => {
    const source = new EventEmitter();
    using stop = stopRequests(source, () => 0);
    source.emit('SIGTERM');
    assert.equal(await stop.first, 'SIGTERM');
    assert.equal(await settled(stop.second), 'waiting');
  });

  it('that comes again at once is the same one: a terminal and npm both pass Ctrl-C on', async () => {
    const source = new EventEmitter();
    let nowMs = 0;
    using stop = stopRequests(source, () => nowMs);
    source.emit('SIGINT');
    nowMs = 499;
    source.emit('SIGINT');
    assert.equal(await settled(stop.second), 'waiting');
    nowMs = 500;
    source.emit('SIGINT');
    assert.equal(await stop.second, 'SIGINT');
  });

  it('is not listened for afterwards', () => {
    const source = new EventEmitter();
    stopRequests(source, () => 0)[Symbol.dispose]();
    assert.equal(source.listenerCount('SIGTERM') + source.listenerCount('SIGINT'), 0);
  });
});
