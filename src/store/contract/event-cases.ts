import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { MetadataStore, Occasion } from '../port.ts';
import type { OpenMetadata } from './opened.ts';
import { keyOf, sha256, tagOf, toPut } from './sample.ts';

const APP = keyOf('team/app');
const OCCASION: Occasion = {
  request: 'r1',
  host: 'demo.azurecr.localhost',
  method: 'PUT',
  userAgent: 'docker',
  address: '10.0.0.4',
  nowMs: 7,
};

/** Events: kept with the change they tell of, until they are taken. */
export function eventCases(open: OpenMetadata): void {
  const told = async (store: MetadataStore): Promise<readonly unknown[]> =>
    (await store.events(100)).map(({ action, tag, digest }) => [action, tag, digest]);

  it('are kept for each tag of a push, and for one without a tag', async () => {
    await using opened = await open();
    const tagged = toPut(APP, { tags: ['v1', 'v2'] });
    const plain = toPut(APP, { annotations: { n: '2' } });
    await opened.store.putManifest({ ...tagged, occasion: OCCASION });
    await opened.store.putManifest({ ...plain, occasion: OCCASION });
    assert.deepEqual(await told(opened.store), [
      ['push', 'v1', tagged.digest],
      ['push', 'v2', tagged.digest],
      ['push', undefined, plain.digest],
    ]);
    const [first] = await opened.store.events(1);
    assert.deepEqual(first?.repository, APP);
    assert.deepEqual(first?.occasion, OCCASION);
    assert.equal(first?.size, tagged.content.length);
  });

  it('are not kept where nobody is to be told, nor of what was refused', async () => {
    await using opened = await open();
    await opened.store.putManifest(toPut(APP, { tags: ['v1'] }));
    await opened.store.updateTag(APP, tagOf('v1'), { writeEnabled: false });
    const other = toPut(APP, { tags: ['v1'], annotations: { n: '2' } });
    assert.equal((await opened.store.putManifest({ ...other, occasion: OCCASION })).kind, 'locked');
    assert.equal(
      (await opened.store.deleteManifest(APP, sha256('absent'), 8, { occasion: OCCASION })).kind,
      'manifest-unknown',
    );
    assert.deepEqual(await told(opened.store), []);
  });

  it('are kept of a manifest that is deleted, and of a repository', async () => {
    await using opened = await open();
    const put = toPut(APP, { tags: ['v1'] });
    await opened.store.putManifest(put);
    await opened.store.deleteManifest(APP, put.digest, 8, { occasion: OCCASION });
    await opened.store.deleteRepository(APP, 9, { occasion: OCCASION });
    assert.deepEqual(await told(opened.store), [
      ['delete', undefined, put.digest],
      ['delete', undefined, undefined],
    ]);
  });

  it('are forgotten up to the one that was taken, and no further', async () => {
    await using opened = await open();
    await opened.store.putManifest({ ...toPut(APP, { tags: ['v1', 'v2', 'v3'] }), occasion: OCCASION });
    const [first, second] = await opened.store.events(2);
    assert.notEqual(first?.id, second?.id);
    await opened.store.forgetEvents(second?.sequence ?? 0);
    assert.deepEqual(
      (await opened.store.events(100)).map(({ tag }) => tag),
      ['v3'],
    );
  });
}
