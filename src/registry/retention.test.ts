import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Digest } from '../oci/digest.ts';
import { keyOf, REGISTRY, referenceOf, tagOf, toPut } from '../store/contract/sample.ts';
import type { ManifestToPut, MetadataStore } from '../store/port.ts';
import { openMetadata } from '../store/sqlite/metadata.ts';
import { applyRetention } from './retention.ts';

const APP = keyOf('team/app');
const DAY = 86_400_000;

async function open() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-retention-'));
  const store = await openMetadata({ path: join(folder.path, 'metadata.db'), onFatal: (error) => assert.fail(error) });
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
}

function image(n: string, more: Partial<Parameters<typeof toPut>[1]> = {}): ManifestToPut {
  return toPut(APP, { annotations: { n }, nowMs: 0, ...more });
}

async function isThere(store: MetadataStore, digest: Digest): Promise<boolean> {
  return (await store.manifest(APP, referenceOf(digest))) !== undefined;
}

describe('retention', () => {
  const policy = { registry: REGISTRY, days: 7, sinceMs: 0 };

  it('takes what has had no tag for long enough, and leaves what has one or lost it lately', async () => {
    await using opened = await open();
    const { store } = opened;
    const [never, tagged, moved] = [image('1'), image('2', { tags: ['v1'] }), image('3', { tags: ['v2'] })];
    for (const put of [never, tagged, moved]) await store.putManifest(put);
    await store.putManifest(image('4', { tags: ['v2'], nowMs: 5 * DAY }));
    assert.equal(await applyRetention(store, policy, 8 * DAY), 1);
    assert.deepEqual(
      [await isThere(store, never.digest), await isThere(store, tagged.digest), await isThere(store, moved.digest)],
      [false, true, true],
    );
    assert.equal(await applyRetention(store, policy, 12 * DAY), 1);
    assert.equal(await isThere(store, moved.digest), false);
    await store.deleteTag(APP, tagOf('v1'), 13 * DAY);
    assert.equal(await applyRetention(store, policy, 19 * DAY), 0);
    assert.equal(await applyRetention(store, policy, 21 * DAY), 1);
  });

  it('leaves what lost its tag before the policy was switched on, and what is locked', async () => {
    await using opened = await open();
    const { store } = opened;
    const [early, locked] = [image('1'), image('2', { nowMs: 2 * DAY })];
    for (const put of [early, locked]) await store.putManifest(put);
    await store.updateManifest(APP, locked.digest, { deleteEnabled: false });
    assert.equal(await applyRetention(store, { ...policy, sinceMs: DAY }, 30 * DAY), 0);
    await store.updateManifest(APP, locked.digest, { deleteEnabled: true });
    assert.equal(await applyRetention(store, { ...policy, sinceMs: DAY }, 30 * DAY), 1);
  });

  it('leaves the platforms of an index and what is attached to a manifest, until these go', async () => {
    await using opened = await open();
    const { store } = opened;
    const platform = image('1');
    await store.putManifest(platform);
    const index = toPut(APP, { manifests: [platform.digest], tags: ['v1'], nowMs: 0 });
    const signature = image('2', { subject: platform.digest });
    for (const put of [index, signature]) await store.putManifest(put);
    assert.equal(await applyRetention(store, policy, 30 * DAY), 0);
    await store.deleteManifest(APP, index.digest, 30 * DAY);
    assert.equal(await applyRetention(store, policy, 30 * DAY), 1);
    assert.equal(await isThere(store, platform.digest), false);
    assert.equal(await applyRetention(store, policy, 30 * DAY), 1);
    assert.equal(await isThere(store, signature.digest), false);
  });

  it('keeps for an hour what has no tag, whatever the policy says', async () => {
    await using opened = await open();
    await opened.store.putManifest(image('1'));
    assert.equal(await applyRetention(opened.store, { ...policy, days: 0 }, 59 * 60_000), 0);
    assert.equal(await applyRetention(opened.store, { ...policy, days: 0 }, 61 * 60_000), 1);
  });
});
