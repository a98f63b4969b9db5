import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { MetadataStore, RegistryUid, RepositoryKey, UploadId } from '../port.ts';
import type { OpenMetadata } from './opened.ts';
import { keyOf, linkText, REGISTRY, sha256, toPut } from './sample.ts';

const APP = keyOf('team/app');
const WEB = keyOf('team/web');
const LAYER = sha256('layer');
const UPLOAD = 'upload-1' as UploadId;

/** One pass over every link of a repository. */
async function pass(store: MetadataStore, repository: RepositoryKey, busy = false) {
  const number = await store.beginPass();
  const { links } = await store.links(undefined, 100);
  const digests = links.filter((link) => link.repository.name === repository.name).map(({ digest }) => digest);
  return store.collectLinks({ repository, digests, pass: number, busy });
}

/** What the collection does with links, and what takes them back from it. */
export function collectCases(open: OpenMetadata): void {
  it('condemns in one pass a blob that nothing names, and condemns its bytes in the next', async () => {
    await using opened = await open();
    const { store } = opened;
    await linkText(store, APP, 'layer');
    assert.deepEqual(await pass(store, APP), { condemned: 1, unlinked: 0, freedBytes: 0 });
    assert.deepEqual(await store.trash(10), []);
    assert.deepEqual(await pass(store, APP), { condemned: 0, unlinked: 1, freedBytes: 5 });
    assert.deepEqual(await store.trash(10), ['at-layer']);
    assert.equal((await store.usage(REGISTRY)).bytes, 0);
  });

  it('leaves a blob alone while a manifest names it, and takes it when the manifest is gone', async () => {
    await using opened = await open();
    const { store } = opened;
    await linkText(store, APP, 'layer');
    const image = toPut(APP, { layers: [LAYER] });
    await store.putManifest(image);
    for (let i = 0; i < 3; i++) assert.deepEqual(await pass(store, APP), { condemned: 0, unlinked: 0, freedBytes: 0 });
    await store.deleteManifest(APP, image.digest, 2);
    await pass(store, APP);
    assert.equal((await pass(store, APP)).unlinked, 1);
  });

  it('takes a blob of one repository and leaves the same blob of another that names it', async () => {
    await using opened = await open();
    const { store } = opened;
    await linkText(store, APP, 'layer');
    await store.mountBlob(APP, WEB, LAYER, 1);
    await store.putManifest(toPut(WEB, { layers: [LAYER] }));
    await pass(store, APP);
    assert.deepEqual(await pass(store, APP), { condemned: 0, unlinked: 1, freedBytes: 0 });
    assert.deepEqual(await store.trash(10), []);
    assert.notEqual(await store.blob(WEB, LAYER), undefined);
  });

  it('promises nothing of a condemned blob, and knows it for a push that it was promised to', async () => {
    await using opened = await open();
    const { store } = opened;
    await linkText(store, APP, 'layer');
    assert.notEqual(await store.blob(APP, LAYER), undefined);
    await pass(store, APP);
    assert.equal(await store.blob(APP, LAYER), undefined);
    assert.equal((await store.promisedBlob(APP, LAYER))?.locator, 'at-layer');
  });

  const pardons: readonly (readonly [string, (store: MetadataStore) => Promise<unknown>])[] = [
    ['an upload of the same bytes', (store) => linkText(store, APP, 'layer', 'again')],
    ['a mount', (store) => store.mountBlob(WEB, APP, LAYER, 1)],
    ['a manifest that names it', (store) => store.putManifest(toPut(APP, { layers: [LAYER], allowSparse: true }))],
  ];
  for (const [what, act] of pardons)
    it(`gives a condemned blob back to ${what}`, async () => {
      await using opened = await open();
      const { store } = opened;
      await linkText(store, APP, 'layer');
      await linkText(store, WEB, 'layer', 'spare');
      await pass(store, APP);
      await act(store);
      assert.notEqual(await store.blob(APP, LAYER), undefined);
      assert.equal((await pass(store, APP)).unlinked, 0);
    });

  it('takes a condemned blob that only another repository was given back', async () => {
    await using opened = await open();
    const { store } = opened;
    await linkText(store, APP, 'layer');
    await pass(store, APP);
    assert.deepEqual(await store.mountBlob(APP, WEB, LAYER, 1), { kind: 'mounted' });
    assert.equal((await pass(store, APP)).unlinked, 1);
    assert.notEqual(await store.blob(WEB, LAYER), undefined);
  });

  it('takes nothing from a repository to which an upload is open, and goes on when it has ended', async () => {
    await using opened = await open();
    const { store } = opened;
    await linkText(store, APP, 'layer');
    await store.startUpload({ id: UPLOAD, repository: APP, algorithm: 'sha256', startedMs: 1 });
    for (let i = 0; i < 3; i++) assert.deepEqual(await pass(store, APP), { condemned: 0, unlinked: 0, freedBytes: 0 });
    await store.endUpload(UPLOAD);
    assert.equal((await pass(store, APP)).condemned, 1);
  });

  it('takes what it condemned before an upload was begun only when that has ended', async () => {
    await using opened = await open();
    const { store } = opened;
    await linkText(store, APP, 'layer');
    await pass(store, APP);
    await store.startUpload({ id: UPLOAD, repository: APP, algorithm: 'sha256', startedMs: 1 });
    assert.equal((await pass(store, APP)).unlinked, 0);
    await store.endUpload(UPLOAD);
    assert.equal((await pass(store, APP)).unlinked, 1);
  });

  it('is not held up by an upload to another repository, nor to a namesake in another registry', async () => {
    await using opened = await open();
    const { store } = opened;
    await linkText(store, APP, 'layer');
    for (const [i, repository] of [WEB, keyOf('team/app', 'registry-2' as RegistryUid)].entries())
      await store.startUpload({ id: `upload-${i}` as UploadId, repository, algorithm: 'sha256', startedMs: 1 });
    assert.equal((await pass(store, APP)).condemned, 1);
  });

  it('takes nothing from a repository that is said to be busy', async () => {
    await using opened = await open();
    await linkText(opened.store, APP, 'layer');
    assert.deepEqual(await pass(opened.store, APP, true), { condemned: 0, unlinked: 0, freedBytes: 0 });
  });

  it('judges a link twice in one pass without taking it', async () => {
    await using opened = await open();
    const { store } = opened;
    await linkText(store, APP, 'layer');
    const request = { repository: APP, digests: [LAYER], pass: await store.beginPass(), busy: false };
    assert.equal((await store.collectLinks(request)).condemned, 1);
    assert.deepEqual(await store.collectLinks(request), { condemned: 0, unlinked: 0, freedBytes: 0 });
  });

  it('numbers passes over a restart', async () => {
    await using opened = await open();
    assert.equal(await opened.store.pass(), 0);
    assert.equal(await opened.store.beginPass(), 1);
    const store = await opened.reopen();
    assert.deepEqual([await store.pass(), await store.beginPass()], [1, 2]);
  });

  it('walks over all links in pieces, each with what it is judged by', async () => {
    await using opened = await open();
    const { store } = opened;
    for (const text of ['layer', 'two', 'three']) await linkText(store, APP, text);
    await linkText(store, WEB, 'layer', 'spare');
    await store.putManifest(toPut(APP, { layers: [LAYER] }));
    const first = await store.links(undefined, 3);
    const second = await store.links(first.next, 3);
    assert.equal(second.next, undefined);
    const seen = [...first.links, ...second.links].map((link) => [link.repository.name, link.digest, link.named]);
    assert.deepEqual(seen, [
      ['team/app', LAYER, true],
      ['team/app', sha256('two'), false],
      ['team/app', sha256('three'), false],
      ['team/web', LAYER, false],
    ]);
  });

  it('erases a registry piece by piece, locked or not, and nothing of another', async () => {
    await using opened = await open();
    const { store } = opened;
    const gone = 'registry-2' as RegistryUid;
    const [one, two] = [keyOf('team/app', gone), keyOf('team/web', gone)];
    for (const key of [one, two]) await linkText(store, key, 'layer', `at-${key.name}`);
    await linkText(store, one, 'own');
    for (let n = 0; n < 60; n++) await store.putManifest(toPut(one, { annotations: { n: `${n}` }, tags: [`v${n}`] }));
    await store.updateRepository(two, { deleteEnabled: false }, 1);
    await store.startUpload({ id: UPLOAD, repository: two, algorithm: 'sha256', startedMs: 1 });
    await linkText(store, APP, 'layer', 'third');
    assert.deepEqual(await store.registries(), [REGISTRY, gone]);
    while (await store.eraseRegistry(gone));
    assert.deepEqual(await store.registries(), [REGISTRY]);
    assert.deepEqual(await store.usage(gone), { bytes: 0, repositories: 0, manifests: 0, tags: 0 });
    assert.equal(await store.repository(one), undefined);
    assert.notEqual(await store.blob(APP, LAYER), undefined);
    assert.deepEqual((await store.trash(10)).toSorted(), ['at-own', 'at-team/web', 'third']);
  });
}
