import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { keyOf, linkText, REGISTRY, sha256, toPut } from '../contract/sample.ts';
import { openFileBytes } from '../file/bytes.ts';
import type { MetadataStore, RegistryUid } from '../port.ts';
import { openMetadata } from '../sqlite/metadata.ts';
import { type CollectContext, collect, rehearseCollection } from './collect.ts';
import { sweep } from './sweep.ts';

const APP = keyOf('team/app');
const WEB = keyOf('team/web');
const GONE = 'registry-2' as RegistryUid;
const NOTHING = { condemned: 0, condemnedBytes: 0, unlinked: 0, unlinkedBytes: 0, freedBytes: 0 };

async function openStore() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seawall-collect-'));
  const path = join(folder.path, 'content.db');
  const metadata = await openMetadata({ path, onFatal: (error) => assert.fail(error) });
  return {
    metadata,
    folder: folder.path,
    async [Symbol.asyncDispose]() {
      await metadata[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
}

function contextOf(metadata: MetadataStore, rest: Partial<CollectContext> = {}): CollectContext {
  return { metadata, isHeld: () => false, isServed: () => true, ...rest };
}

describe('a pass of the collection', () => {
  it('condemns what nothing names, and the next one removes it', async () => {
    await using store = await openStore();
    const context = contextOf(store.metadata);
    await linkText(store.metadata, APP, 'layer');
    await linkText(store.metadata, APP, 'named');
    await store.metadata.putManifest(toPut(APP, { config: sha256('named') }));
    const rest = { dryRun: false, links: 2, held: 0, registries: 0, registriesBytes: 0 };
    assert.deepEqual(await collect(context), { ...NOTHING, ...rest, pass: 1, condemned: 1, condemnedBytes: 5 });
    const second = { ...NOTHING, ...rest, pass: 2, unlinked: 1, unlinkedBytes: 5, freedBytes: 5 };
    assert.deepEqual(await collect(context), second);
    assert.deepEqual(await collect(context), { ...NOTHING, ...rest, pass: 3, links: 1 });
  });

  it('says beforehand what it would do, and does nothing then', async () => {
    await using store = await openStore();
    const context = contextOf(store.metadata);
    await linkText(store.metadata, APP, 'layer');
    const rehearsed = await rehearseCollection(context);
    assert.deepEqual(await rehearseCollection(context), rehearsed);
    assert.deepEqual({ ...rehearsed, dryRun: false }, await collect(context));
    assert.equal((await rehearseCollection(context)).unlinked, 1);
    assert.deepEqual(await store.metadata.trash(10), []);
  });

  it('leaves a repository alone to which something is being pushed without a session', async () => {
    await using store = await openStore();
    await linkText(store.metadata, APP, 'layer');
    await linkText(store.metadata, WEB, 'other');
    const report = await collect(contextOf(store.metadata, { isHeld: ({ name }) => name === APP.name }));
    assert.deepEqual([report.held, report.condemned], [1, 1]);
    assert.notEqual(await store.metadata.blob(APP, sha256('layer')), undefined);
    assert.equal(await store.metadata.blob(WEB, sha256('other')), undefined);
  });

  it('judges anew what is named between its look and its transaction', async () => {
    await using store = await openStore();
    const { metadata } = store;
    await linkText(metadata, APP, 'layer');
    await collect(contextOf(metadata));
    const racing: CollectContext['metadata'] = {
      beginPass: () => metadata.beginPass(),
      pass: () => metadata.pass(),
      links: (after, limit) => metadata.links(after, limit),
      registries: () => metadata.registries(),
      eraseRegistry: (uid) => metadata.eraseRegistry(uid),
      usage: (uid) => metadata.usage(uid),
      collectLinks: async (request) => {
        await metadata.putManifest(toPut(APP, { config: sha256('layer') }));
        return metadata.collectLinks(request);
      },
    };
    assert.equal((await collect({ ...contextOf(metadata), metadata: racing })).freedBytes, 0);
    assert.notEqual(await metadata.blob(APP, sha256('layer')), undefined);
  });

  it('walks over more links than one piece has', async () => {
    await using store = await openStore();
    for (let i = 0; i < 620; i++) await linkText(store.metadata, i % 2 === 0 ? APP : WEB, `${i}`);
    const seen: number[] = [];
    const report = await collect(contextOf(store.metadata, { progress: ({ links }) => void seen.push(links) }));
    assert.deepEqual([report.links, report.condemned], [620, 620]);
    assert.deepEqual(seen, [500, 620]);
    assert.equal((await collect(contextOf(store.metadata))).unlinked, 620);
  });

  it('erases the content of registries that are gone, and of those alone', async () => {
    await using store = await openStore();
    await linkText(store.metadata, APP, 'kept');
    await linkText(store.metadata, keyOf('team/app', GONE), 'layer');
    const context = contextOf(store.metadata, { isServed: (uid) => uid !== GONE });
    assert.equal((await rehearseCollection(context)).registriesBytes, 5);
    assert.deepEqual(await store.metadata.registries(), [REGISTRY, GONE]);
    const report = await collect(context);
    assert.deepEqual([report.registries, report.registriesBytes], [1, 5]);
    assert.deepEqual(await store.metadata.registries(), [REGISTRY]);
    assert.deepEqual(await store.metadata.trash(10), ['at-layer']);
  });

  it('stops when it is told to', async () => {
    await using store = await openStore();
    await linkText(store.metadata, APP, 'layer');
    const signal = AbortSignal.abort(new Error('the server stops'));
    await assert.rejects(collect(contextOf(store.metadata, { signal })), /the server stops/);
  });

  it('zot #4271: is not ended by a blob that is missing, neither its row nor its bytes', async () => {
    await using store = await openStore();
    const { metadata, folder } = store;
    await using bytes = await openFileBytes(join(folder, 'content'));
    await metadata.putManifest(toPut(APP, { config: sha256('never pushed') }));
    // Their locators are those of files that are not there.
    for (const [i, text] of ['one', 'two'].entries())
      await linkText(metadata, APP, text, `00000000000000000000-00000000000${i}`);
    for (let i = 0; i < 2; i++) await collect(contextOf(metadata));
    const nowMs = Date.now();
    const swept = await sweep({ metadata, bytes, isOpen: () => false, nowMs, expiryMs: 1 });
    assert.equal(swept.trash, 2);
    assert.deepEqual(await metadata.trash(10), []);
  });
});
