import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { RegistryUid } from '../port.ts';
import type { OpenMetadata } from './opened.ts';
import { keyOf, linkText, REGISTRY, sha256, toPut } from './sample.ts';

const APP = keyOf('team/app');
const WEB = keyOf('team/web');

/** Links: which repository reaches which bytes, and when bytes are condemned. */
export function blobCases(open: OpenMetadata): void {
  it('shows a linked blob to its repository', async () => {
    await using opened = await open();
    const { digest, outcome } = await linkText(opened.store, APP, 'layer');
    assert.deepEqual(outcome, { kind: 'linked' });
    assert.deepEqual(await opened.store.blob(APP, digest), { digest, size: 5, locator: 'at-layer', readable: true });
  });

  it('shows it to no other repository, and to no namesake in another registry', async () => {
    await using opened = await open();
    const { digest } = await linkText(opened.store, APP, 'layer');
    assert.equal(await opened.store.blob(WEB, digest), undefined);
    assert.equal(await opened.store.blob(keyOf('team/app', 'registry-2' as RegistryUid), digest), undefined);
  });

  it('keeps the first bytes when the same are pushed again, and condemns the second', async () => {
    await using opened = await open();
    await linkText(opened.store, APP, 'layer', 'first');
    const { digest, outcome } = await linkText(opened.store, WEB, 'layer', 'second');
    assert.deepEqual(outcome, { kind: 'linked', spare: 'second' });
    assert.equal((await opened.store.blob(WEB, digest))?.locator, 'first');
    assert.deepEqual(await opened.store.trash(10), ['second']);
  });

  it('keeps bytes while one repository links them, and condemns them with the last link', async () => {
    await using opened = await open();
    const { store } = opened;
    const { digest } = await linkText(store, APP, 'layer');
    await linkText(store, WEB, 'layer', 'again');
    await store.emptyTrash(await store.trash(10));
    assert.deepEqual(await store.unlinkBlob(APP, digest), { kind: 'unlinked' });
    assert.deepEqual(await store.trash(10), []);
    assert.equal(await store.blob(APP, digest), undefined);
    assert.notEqual(await store.blob(WEB, digest), undefined);
    assert.deepEqual(await store.unlinkBlob(WEB, digest), { kind: 'unlinked' });
    assert.deepEqual(await store.trash(10), ['at-layer']);
  });

  it('gives condemned bytes a new locator when they are pushed again', async () => {
    await using opened = await open();
    const { digest } = await linkText(opened.store, APP, 'layer', 'old');
    await opened.store.unlinkBlob(APP, digest);
    assert.deepEqual((await linkText(opened.store, APP, 'layer', 'new')).outcome, { kind: 'linked' });
    assert.equal((await opened.store.blob(APP, digest))?.locator, 'new');
    assert.deepEqual(await opened.store.trash(10), ['old']);
  });

  it('unlinks nothing that is not linked', async () => {
    await using opened = await open();
    assert.deepEqual(await opened.store.unlinkBlob(APP, sha256('layer')), { kind: 'repository-unknown' });
    await linkText(opened.store, APP, 'other');
    assert.deepEqual(await opened.store.unlinkBlob(APP, sha256('layer')), { kind: 'blob-unknown' });
  });

  it('mounts what the other repository links', async () => {
    await using opened = await open();
    const { digest } = await linkText(opened.store, APP, 'layer');
    assert.deepEqual(await opened.store.mountBlob(APP, WEB, digest, 2), { kind: 'mounted' });
    assert.equal((await opened.store.blob(WEB, digest))?.locator, 'at-layer');
  });

  it('mounts nothing that the other repository does not link, and makes no repository for it', async () => {
    await using opened = await open();
    await linkText(opened.store, APP, 'layer');
    assert.deepEqual(await opened.store.mountBlob(APP, WEB, sha256('else'), 2), { kind: 'blob-unknown' });
    assert.equal(await opened.store.repository(WEB), undefined);
  });

  it('mounts nothing from another registry', async () => {
    await using opened = await open();
    const elsewhere = keyOf('team/app', 'registry-2' as RegistryUid);
    const { digest } = await linkText(opened.store, elsewhere, 'layer');
    assert.deepEqual(await opened.store.mountBlob(elsewhere, WEB, digest, 2), { kind: 'blob-unknown' });
  });

  it('shares what a repository of another registry links, and nothing that it does not', async () => {
    await using opened = await open();
    const elsewhere = keyOf('team/app', 'registry-2' as RegistryUid);
    const { digest } = await linkText(opened.store, elsewhere, 'layer');
    assert.deepEqual(await opened.store.shareBlob(elsewhere, WEB, digest, 2), { kind: 'mounted' });
    assert.equal((await opened.store.blob(WEB, digest))?.locator, 'at-layer');
    assert.deepEqual(await opened.store.shareBlob(elsewhere, WEB, sha256('else'), 2), { kind: 'blob-unknown' });
  });

  it('counts the bytes of a registry once however many of its repositories link them', async () => {
    await using opened = await open();
    const { store } = opened;
    const { digest } = await linkText(store, APP, 'layer');
    await store.mountBlob(APP, WEB, digest, 2);
    await linkText(store, keyOf('else', 'registry-2' as RegistryUid), 'layer', 'again');
    assert.equal((await store.usage(REGISTRY)).bytes, 5);
    assert.equal((await store.usage('registry-2' as RegistryUid)).bytes, 5);
    await store.unlinkBlob(APP, digest);
    assert.equal((await store.usage(REGISTRY)).bytes, 5);
    await store.unlinkBlob(WEB, digest);
    assert.equal((await store.usage(REGISTRY)).bytes, 0);
    assert.equal((await store.usage('registry-2' as RegistryUid)).bytes, 5);
  });

  it('deletes a repository with its links, and condemns what no other links', async () => {
    await using opened = await open();
    const { store } = opened;
    const { digest: shared } = await linkText(store, APP, 'shared');
    await linkText(store, APP, 'own');
    await store.mountBlob(APP, WEB, shared, 2);
    const put = toPut(APP, { tags: ['v1'] });
    await store.putManifest(put);
    const outcome = await store.deleteRepository(APP, 1);
    assert.deepEqual(outcome, { kind: 'deleted', manifests: [put.digest], tags: ['v1'] });
    assert.deepEqual(await store.trash(10), ['at-own']);
    assert.equal(await store.repository(APP), undefined);
    assert.deepEqual(await store.usage(REGISTRY), { bytes: 6, repositories: 1, manifests: 0, tags: 0 });
  });

  it('gives nothing of a deleted repository to its namesake', async () => {
    await using opened = await open();
    const { digest } = await linkText(opened.store, APP, 'layer');
    assert.notEqual(await opened.store.blob(APP, digest), undefined);
    await opened.store.deleteRepository(APP, 1);
    await linkText(opened.store, APP, 'other');
    assert.equal(await opened.store.blob(APP, digest), undefined);
  });
}
