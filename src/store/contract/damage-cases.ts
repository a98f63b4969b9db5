import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Locator } from '../port.ts';
import type { OpenMetadata } from './opened.ts';
import { keyOf, linkText, sha256, tagOf, toPut } from './sample.ts';

const APP = keyOf('team/app');
const WEB = keyOf('team/web');
const LAYER = sha256('layer');
const AT_LAYER = 'at-layer' as Locator;

/** Blobs whose bytes are not what their digest says. */
export function damageCases(open: OpenMetadata): void {
  it('takes a damaged blob for absent, in every repository that links it', async () => {
    await using opened = await open();
    const { store } = opened;
    await linkText(store, APP, 'layer');
    await store.mountBlob(APP, WEB, LAYER, 1);
    for (const key of [APP, WEB]) assert.notEqual(await store.blob(key, LAYER), undefined);
    assert.equal(await store.markDamaged(LAYER, AT_LAYER), true);
    for (const key of [APP, WEB]) assert.equal(await store.blob(key, LAYER), undefined);
    assert.deepEqual(await store.mountBlob(APP, keyOf('other'), LAYER, 1), { kind: 'blob-unknown' });
    const put = await store.putManifest(toPut(APP, { layers: [LAYER], config: LAYER, allowSparse: false }));
    assert.deepEqual(put, { kind: 'references-unknown', digests: [LAYER] });
  });

  it('heals it with the next push of the same bytes, everywhere', async () => {
    await using opened = await open();
    const { store } = opened;
    await linkText(store, APP, 'layer');
    await store.mountBlob(APP, WEB, LAYER, 1);
    await store.markDamaged(LAYER, AT_LAYER);
    await linkText(store, WEB, 'layer', 'good');
    for (const key of [APP, WEB]) assert.equal((await store.blob(key, LAYER))?.locator, 'good');
    assert.deepEqual(await store.trash(10), ['at-layer']);
  });

  it('does not take for damaged what was healed meanwhile', async () => {
    await using opened = await open();
    const { store } = opened;
    await linkText(store, APP, 'layer');
    await store.markDamaged(LAYER, AT_LAYER);
    await linkText(store, APP, 'layer', 'good');
    assert.equal(await store.markDamaged(LAYER, AT_LAYER), false);
    assert.notEqual(await store.blob(APP, LAYER), undefined);
  });

  it('tells which manifests and tags name a blob', async () => {
    await using opened = await open();
    const { store } = opened;
    await linkText(store, APP, 'layer');
    const image = toPut(APP, { layers: [LAYER], tags: ['v2', 'v1'] });
    await store.putManifest(image);
    await store.putManifest(toPut(WEB, { layers: [LAYER] }));
    const user = { repository: APP, manifest: image.digest, tags: ['v1', 'v2'].map(tagOf) };
    assert.deepEqual(await store.blobUsers(LAYER, 10), [user]);
    assert.deepEqual(await store.blobUsers(sha256('other'), 10), []);
  });

  it('walks over all blobs', async () => {
    await using opened = await open();
    const { store } = opened;
    for (const text of ['one', 'layer', 'three']) await linkText(store, APP, text);
    assert.deepEqual(await store.blobCount(), { blobs: 3, bytes: 13 });
    const [first, second] = await store.blobs(0, 2);
    assert.deepEqual([first?.digest, second?.digest], [sha256('one'), LAYER]);
    const rest = await store.blobs(second?.id ?? 0, 2);
    assert.deepEqual(
      rest.map(({ digest, damaged }) => [digest, damaged]),
      [[sha256('three'), false]],
    );
  });
}
