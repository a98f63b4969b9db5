import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Digest } from '../../oci/digest.ts';
import type { MetadataStore } from '../port.ts';
import type { OpenMetadata } from './opened.ts';
import { keyOf, linkText, REGISTRY, referenceOf, sha256, tagOf, toPut } from './sample.ts';

const APP = keyOf('team/app');
const LAYER = sha256('layer');
const V1 = tagOf('v1');
const SOFTLY = { softly: true };

/** An image of one blob, tagged. */
async function push(store: MetadataStore, tag = 'v1') {
  await linkText(store, APP, 'layer', `at-${tag}`);
  const image = toPut(APP, { config: LAYER, tags: [tag], allowSparse: false, annotations: { tag } });
  await store.putManifest(image);
  return image.digest;
}

async function collect(store: MetadataStore, passes: number): Promise<void> {
  for (let i = 0; i < passes; i++) {
    const pass = await store.beginPass();
    for (const { repository, digest } of (await store.links(undefined, 100)).links)
      await store.collectLinks({ repository, digests: [digest], pass, busy: false });
  }
}

async function isThere(store: MetadataStore, digest: Digest): Promise<boolean> {
  return (await store.manifest(APP, referenceOf(digest))) !== undefined;
}

/** What is deleted softly can be restored until it is purged. */
export function deletedCases(open: OpenMetadata): void {
  it('shows nothing any more of what is deleted softly, but among what was deleted', async () => {
    await using opened = await open();
    const { store } = opened;
    const digest = await push(store);
    assert.equal((await store.deleteManifest(APP, digest, 5, SOFTLY)).kind, 'deleted');
    assert.equal(await isThere(store, digest), false);
    assert.equal(await store.tag(APP, V1), undefined);
    assert.deepEqual((await store.repositories(REGISTRY, { limit: 10 })).items, ['team/app']);
    assert.deepEqual((await store.deletedRepositories(REGISTRY, { limit: 10 })).items, ['team/app']);
    const deleted = (await store.deletedManifests(APP, { limit: 10 }))?.items;
    assert.deepEqual(
      deleted?.map((one) => [one.digest, one.deletedMs, one.tags]),
      [[digest, 5, ['v1']]],
    );
    assert.deepEqual((await store.deletedTags(APP, { limit: 10 }))?.items, [{ tag: V1, digest, deletedMs: 5 }]);
    assert.deepEqual(await store.usage(REGISTRY), { bytes: 5, repositories: 1, manifests: 0, tags: 0 });
  });

  it('keeps nothing of what is deleted for good', async () => {
    await using opened = await open();
    await opened.store.deleteManifest(APP, await push(opened.store), 5);
    assert.deepEqual((await opened.store.deletedRepositories(REGISTRY, { limit: 10 })).items, []);
    assert.equal(await opened.store.deletedManifests(APP, { limit: 10 }), undefined);
  });

  it('restores a manifest with its tag, its blobs kept from the collection meanwhile', async () => {
    await using opened = await open();
    const { store } = opened;
    const digest = await push(store);
    await store.deleteManifest(APP, digest, 5, SOFTLY);
    await collect(store, 3);
    assert.equal(await store.blob(APP, LAYER), undefined);
    const restored = await store.restore({ key: APP, digest, tag: V1, force: false, nowMs: 6 });
    assert.deepEqual(restored, { kind: 'restored' });
    assert.equal((await store.tag(APP, V1))?.digest, digest);
    await collect(store, 3);
    assert.equal((await store.blob(APP, LAYER))?.locator, 'at-v1');
    assert.deepEqual((await store.deletedManifests(APP, { limit: 10 }))?.items, []);
    assert.deepEqual(await store.usage(REGISTRY), { bytes: 5, repositories: 1, manifests: 1, tags: 1 });
  });

  it('restores out of a whole repository that was deleted', async () => {
    await using opened = await open();
    const { store } = opened;
    const digests = [await push(store), await push(store, 'v2')];
    assert.equal((await store.deleteRepository(APP, 5, SOFTLY)).kind, 'deleted');
    assert.equal(await store.repository(APP), undefined);
    await collect(store, 3);
    for (const digest of digests)
      assert.equal((await store.restore({ key: APP, digest, force: false, nowMs: 6 })).kind, 'restored');
    assert.deepEqual(await store.usage(REGISTRY), { bytes: 5, repositories: 1, manifests: 2, tags: 0 });
    assert.notEqual(await store.blob(APP, LAYER), undefined);
  });

  it('restores a tag alone whose manifest is there', async () => {
    await using opened = await open();
    const { store } = opened;
    const digest = await push(store);
    await store.deleteTag(APP, V1, 5, SOFTLY);
    assert.equal((await store.restore({ key: APP, digest, tag: V1, force: false, nowMs: 6 })).kind, 'restored');
    assert.equal((await store.tag(APP, V1))?.digest, digest);
    assert.deepEqual((await store.deletedTags(APP, { limit: 10 }))?.items, []);
  });

  it('moves a tag that names another manifest by now only by force, and never a locked one', async () => {
    await using opened = await open();
    const { store } = opened;
    const digest = await push(store);
    await store.deleteManifest(APP, digest, 5, SOFTLY);
    const other = toPut(APP, { tags: ['v1'] });
    await store.putManifest(other);
    const request = { key: APP, digest, tag: V1, nowMs: 6 };
    const refused = await store.restore({ ...request, force: false });
    assert.deepEqual(refused, { kind: 'tag-exists', digest: other.digest });
    assert.equal(await isThere(store, digest), false);
    await store.updateTag(APP, V1, { writeEnabled: false });
    assert.equal((await store.restore({ ...request, force: true })).kind, 'locked');
    await store.updateTag(APP, V1, { writeEnabled: true });
    assert.equal((await store.restore({ ...request, force: true })).kind, 'restored');
    assert.equal((await store.tag(APP, V1))?.digest, digest);
  });

  it('restores nothing that was not deleted', async () => {
    await using opened = await open();
    await push(opened.store);
    const request = { key: APP, digest: sha256('other'), force: false, nowMs: 6 };
    assert.deepEqual(await opened.store.restore(request), { kind: 'manifest-unknown' });
  });

  it('forgets that a manifest was deleted when it is pushed again', async () => {
    await using opened = await open();
    const { store } = opened;
    const digest = await push(store);
    await store.deleteManifest(APP, digest, 5, SOFTLY);
    await push(store);
    assert.deepEqual((await store.deletedManifests(APP, { limit: 10 }))?.items, []);
    await store.deleteManifest(APP, digest, 7, SOFTLY);
    assert.equal((await store.deletedManifests(APP, { limit: 10 }))?.items.length, 1);
  });

  it('purges what was deleted long enough ago, and its bytes with it', async () => {
    await using opened = await open();
    const { store } = opened;
    const [early, late] = [await push(store), await push(store, 'v2')];
    await store.deleteManifest(APP, early, 5, SOFTLY);
    await store.deleteManifest(APP, late, 9, SOFTLY);
    while (await store.purgeDeleted(REGISTRY, 5));
    const left = (await store.deletedManifests(APP, { limit: 10 }))?.items.map(({ digest }) => digest);
    assert.deepEqual(left, [late]);
    while (await store.purgeDeleted(REGISTRY, 9));
    assert.deepEqual((await store.deletedRepositories(REGISTRY, { limit: 10 })).items, []);
    await collect(store, 2);
    assert.ok((await store.trash(10)).includes('at-v1' as never));
    assert.equal((await store.usage(REGISTRY)).bytes, 0);
  });
}
