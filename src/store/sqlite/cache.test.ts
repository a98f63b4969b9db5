import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keyOf } from '../contract/sample.ts';
import { RepositoryCache } from './cache.ts';

const APP = keyOf('team/app');
const WEB = keyOf('team/web');

/** A cache, and the list of what was read because it was not in there. */
function watched(limit: number) {
  const cache = new RepositoryCache<string>(limit);
  const reads: string[] = [];
  const get = (name: string, key = APP) =>
    cache.get(
      key,
      name,
      () => {
        reads.push(name);
        return name;
      },
      (value) => value.length,
    );
  return { cache, reads, get };
}

describe('the cache', () => {
  it('reads once', () => {
    const { reads, get } = watched(10_000);
    assert.deepEqual([get('a'), get('a')], ['a', 'a']);
    assert.deepEqual(reads, ['a']);
  });

  it('keeps no absence', () => {
    const cache = new RepositoryCache<string>(10_000);
    assert.equal(
      cache.get(
        APP,
        'a',
        () => undefined,
        () => 0,
      ),
      undefined,
    );
    assert.equal(
      cache.get(
        APP,
        'a',
        () => 'now',
        () => 0,
      ),
      'now',
    );
  });

  it('reads a repository anew after a change, and no other', async () => {
    const { cache, reads, get } = watched(10_000);
    get('a');
    get('b', WEB);
    await cache.changing(APP, async () => {});
    get('a');
    get('b', WEB);
    assert.deepEqual(reads, ['a', 'b', 'a']);
  });

  it('keeps nothing of a repository while one of its changes is under way', async () => {
    const { cache, reads, get } = watched(10_000);
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const changes = [cache.changing(APP, () => first.promise), cache.changing(APP, () => second.promise)];
    get('a');
    first.resolve();
    await changes[0];
    get('a');
    second.resolve();
    await changes[1];
    get('a');
    get('a');
    assert.deepEqual(reads, ['a', 'a', 'a']);
  });

  it('keeps again after a change that failed', async () => {
    const { cache, reads, get } = watched(10_000);
    await assert.rejects(cache.changing(APP, () => Promise.reject(new Error('refused'))));
    get('a');
    get('a');
    assert.deepEqual(reads, ['a']);
  });

  it('lets go of what was not asked for longest, and stays within its bytes', () => {
    const { cache, reads, get } = watched(1_000);
    for (const name of ['a', 'b', 'c']) get(name);
    get('a');
    get('d');
    assert.ok(cache.bytes <= 1_000);
    get('a');
    assert.deepEqual(reads, ['a', 'b', 'c', 'd']);
    get('b');
    assert.deepEqual(reads, ['a', 'b', 'c', 'd', 'b']);
  });

  it('keeps what comes anew, where everything else was asked for again', () => {
    const { cache, reads, get } = watched(1_000);
    for (const name of ['a', 'b', 'c', 'a', 'b', 'c', 'd', 'd', 'c']) get(name);
    assert.ok(cache.bytes <= 1_000);
    assert.deepEqual(reads, ['a', 'b', 'c', 'd']);
  });

  it('keeps nothing that is larger than all it may have', () => {
    const { cache, reads, get } = watched(1_000);
    get('x'.repeat(2_000));
    get('x'.repeat(2_000));
    assert.equal(reads.length, 2);
    assert.equal(cache.bytes, 0);
  });
});
