import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { OpenedMetadata } from '../contract/opened.ts';
import { keyOf, referenceOf, tagOf, toPut } from '../contract/sample.ts';
import { metadataContract } from '../metadata.contract.ts';
import type { MetadataStore } from '../port.ts';
import { openMetadata } from './metadata.ts';

async function openTemporary(cacheBytes?: number): Promise<OpenedMetadata> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-metadata-'));
  const open = () =>
    openMetadata({
      path: join(folder.path, 'content.db'),
      ...(cacheBytes === undefined ? {} : { cacheBytes }),
      onFatal: (error) => assert.fail(error),
    });
  let store: MetadataStore = await open();
  return {
    store,
    async reopen() {
      await store[Symbol.asyncDispose]();
      store = await open();
      return store;
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
}

metadataContract('SQLite', () => openTemporary());
metadataContract('SQLite, nothing kept in memory', () => openTemporary(0));

describe('metadata in SQLite under concurrent use', () => {
  const APP = keyOf('team/app');

  it('never answers older than the last move of a tag that was acknowledged', async () => {
    await using opened = await openTemporary();
    const images = ['1', '2'].map((n) => toPut(APP, { annotations: { n }, tags: ['v1'] }));
    let moving = true;
    let acknowledged: string | undefined;
    const move = async () => {
      for (let i = 0; i < 200; i++) {
        const image = images[i % 2];
        assert.ok(image);
        acknowledged = undefined;
        await opened.store.putManifest(image);
        acknowledged = image.digest;
        assert.equal((await opened.store.manifest(APP, referenceOf('v1')))?.digest, image.digest);
      }
      moving = false;
    };
    const read = async () => {
      while (moving) {
        const expected = acknowledged;
        const found = await opened.store.manifest(APP, referenceOf('v1'));
        if (expected !== undefined && expected === acknowledged) assert.equal(found?.digest, expected);
        await new Promise(setImmediate);
      }
    };
    await Promise.all([move(), read(), read()]);
  });

  it('lets one of two pushes that race for a tag come last, whole', async () => {
    await using opened = await openTemporary();
    const images = ['1', '2', '3'].map((n) => toPut(APP, { annotations: { n }, tags: ['v1'] }));
    await Promise.all(images.map((image) => opened.store.putManifest(image)));
    const digest = (await opened.store.tag(APP, tagOf('v1')))?.digest;
    assert.ok(images.some((image) => image.digest === digest));
    assert.equal((await opened.store.repository(APP))?.tagCount, 1);
  });
});
