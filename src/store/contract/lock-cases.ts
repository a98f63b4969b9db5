import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { OpenMetadata } from './opened.ts';
import { keyOf, linkText, referenceOf, sha256, tagOf, toPut } from './sample.ts';

const APP = keyOf('team/app');
const WEB = keyOf('team/web');
const V1 = tagOf('v1');

/** Locks as facts/acr.md §3.4 has them; which lock forbids what is tabled beside `decide/`. */
export function lockCases(open: OpenMetadata): void {
  it('answers a change with the record as it is then, and leaves what it does not name', async () => {
    await using opened = await open();
    const put = toPut(APP, { tags: ['v1'] });
    await opened.store.putManifest(put);
    await opened.store.updateTag(APP, V1, { writeEnabled: false });
    const outcome = await opened.store.updateTag(APP, V1, { deleteEnabled: false });
    assert.ok(outcome.kind === 'updated');
    const attributes = { deleteEnabled: false, writeEnabled: false, listEnabled: true, readEnabled: true };
    assert.deepEqual(outcome.record.attributes, attributes);
    assert.deepEqual((await opened.store.tag(APP, V1))?.attributes, attributes);
    assert.equal((await opened.store.manifestRecord(APP, put.digest))?.attributes.writeEnabled, true);
  });

  it('changes nothing that is not there', async () => {
    await using opened = await open();
    assert.deepEqual(await opened.store.updateRepository(APP, {}, 2), { kind: 'repository-unknown' });
    assert.deepEqual(await opened.store.updateTag(APP, V1, {}), { kind: 'repository-unknown' });
    await opened.store.putManifest(toPut(APP, {}));
    assert.deepEqual(await opened.store.updateTag(APP, V1, {}), { kind: 'manifest-unknown' });
    assert.deepEqual(await opened.store.updateManifest(APP, sha256('absent'), {}), { kind: 'manifest-unknown' });
  });

  it('keeps a locked tag where it is, and leaves it untouched when the same is pushed', async () => {
    await using opened = await open();
    const first = toPut(APP, { tags: ['v1'], nowMs: 1 });
    await opened.store.putManifest(first);
    await opened.store.updateTag(APP, V1, { writeEnabled: false });
    const other = toPut(APP, { tags: ['v1'], annotations: { n: '2' } });
    assert.deepEqual(await opened.store.putManifest(other), { kind: 'locked', what: 'tag', name: 'v1' });
    assert.equal(await opened.store.manifest(APP, referenceOf(other.digest)), undefined);
    assert.deepEqual(await opened.store.putManifest({ ...first, nowMs: 9 }), { kind: 'stored', created: false });
    assert.equal((await opened.store.tag(APP, V1))?.updatedMs, 1);
  });

  it('tells that a manifest, its tag or its repository forbids pulling', async () => {
    await using opened = await open();
    const put = toPut(APP, { tags: ['v1', 'v2'] });
    await opened.store.putManifest(put);
    const readable = async () =>
      Promise.all(
        ['v1', 'v2', put.digest].map(async (name) => (await opened.store.manifest(APP, referenceOf(name)))?.readable),
      );
    assert.deepEqual(await readable(), [true, true, true]);
    await opened.store.updateTag(APP, V1, { readEnabled: false });
    assert.deepEqual(await readable(), [false, true, true]);
    await opened.store.updateManifest(APP, put.digest, { readEnabled: false });
    assert.deepEqual(await readable(), [false, false, false]);
    await opened.store.updateManifest(APP, put.digest, { readEnabled: true });
    await opened.store.updateRepository(APP, { readEnabled: false }, 2);
    assert.deepEqual(await readable(), [false, false, false]);
  });

  it('tells that a repository forbids pulling its blobs, and lends none of them', async () => {
    await using opened = await open();
    const { digest } = await linkText(opened.store, APP, 'layer');
    assert.equal((await opened.store.blob(APP, digest))?.readable, true);
    await opened.store.updateRepository(APP, { readEnabled: false }, 2);
    assert.equal((await opened.store.blob(APP, digest))?.readable, false);
    assert.deepEqual(await opened.store.mountBlob(APP, WEB, digest, 2), { kind: 'blob-unknown' });
  });

  it('takes nothing into a locked repository, and condemns the bytes that were refused', async () => {
    await using opened = await open();
    const { digest } = await linkText(opened.store, APP, 'layer');
    await linkText(opened.store, WEB, 'other');
    await opened.store.updateRepository(APP, { writeEnabled: false }, 2);
    const locked = { kind: 'locked', what: 'repository', name: 'team/app' };
    assert.deepEqual((await linkText(opened.store, APP, 'more')).outcome, locked);
    assert.deepEqual(await opened.store.trash(10), ['at-more']);
    assert.deepEqual(await opened.store.mountBlob(WEB, APP, sha256('other'), 2), locked);
    assert.deepEqual(await opened.store.unlinkBlob(APP, digest), locked);
    assert.deepEqual(await opened.store.putManifest(toPut(APP, {})), locked);
    assert.deepEqual(await opened.store.deleteRepository(APP, 1), locked);
  });

  it('deletes no repository that holds anything locked', async () => {
    await using opened = await open();
    const put = toPut(APP, { tags: ['v1'] });
    await opened.store.putManifest(put);
    await opened.store.updateTag(APP, V1, { deleteEnabled: false });
    assert.deepEqual(await opened.store.deleteRepository(APP, 1), { kind: 'locked', what: 'tag', name: 'v1' });
    await opened.store.updateManifest(APP, put.digest, { deleteEnabled: false });
    const locked = { kind: 'locked', what: 'manifest', name: put.digest };
    assert.deepEqual(await opened.store.deleteRepository(APP, 1), locked);
    await opened.store.updateManifest(APP, put.digest, { deleteEnabled: true });
    await opened.store.updateTag(APP, V1, { deleteEnabled: true });
    assert.equal((await opened.store.deleteRepository(APP, 1)).kind, 'deleted');
  });

  it('keeps the blobs of a locked image, and lets those of others go', async () => {
    await using opened = await open();
    const { digest: kept } = await linkText(opened.store, APP, 'kept');
    const { digest: loose } = await linkText(opened.store, APP, 'loose');
    const locked = toPut(APP, { config: kept });
    await opened.store.putManifest(locked);
    await opened.store.putManifest(toPut(APP, { config: loose }));
    await opened.store.updateManifest(APP, locked.digest, { deleteEnabled: false });
    const refusal = { kind: 'locked', what: 'manifest', name: locked.digest };
    assert.deepEqual(await opened.store.unlinkBlob(APP, kept), refusal);
    assert.deepEqual(await opened.store.unlinkBlob(APP, loose), { kind: 'unlinked' });
  });
}
