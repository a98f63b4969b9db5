import assert from 'node:assert/strict';
import { it } from 'node:test';
import { digestOfBytes } from '../digest-of-bytes.ts';
import type { OpenMetadata } from './opened.ts';
import { keyOf, linkText, REGISTRY, referenceOf, sha256, tagOf, toPut } from './sample.ts';

const APP = keyOf('team/app');
const WEB = keyOf('team/web');

/** Manifests and their tags. */
export function manifestCases(open: OpenMetadata): void {
  it('serves a manifest byte for byte, by digest and by tag, over a restart', async () => {
    await using opened = await open();
    const put = toPut(APP, { tags: ['v1'] });
    assert.deepEqual(await opened.store.putManifest(put), { kind: 'stored', created: true });
    const served = { digest: put.digest, mediaType: put.manifest.mediaType, content: put.content, readable: true };
    for (const reopened of [false, true]) {
      const store = reopened ? await opened.reopen() : opened.store;
      assert.deepEqual(await store.manifest(APP, referenceOf('v1')), served);
      assert.deepEqual(await store.manifest(APP, referenceOf(put.digest)), served);
    }
  });

  it('serves it to no other repository', async () => {
    await using opened = await open();
    const put = toPut(APP, { tags: ['v1'] });
    await opened.store.putManifest(put);
    assert.equal(await opened.store.manifest(WEB, referenceOf('v1')), undefined);
    assert.equal(await opened.store.manifest(WEB, referenceOf(put.digest)), undefined);
  });

  it('leaves the caller its bytes', async () => {
    await using opened = await open();
    const put = toPut(APP, {});
    const before = Buffer.from(put.content).toString();
    await opened.store.putManifest(put);
    assert.equal(Buffer.from(put.content).toString(), before);
  });

  it('refuses a manifest whose blobs its repository does not link, whoever else does', async () => {
    await using opened = await open();
    const { digest: config } = await linkText(opened.store, WEB, 'config');
    const { digest: layer } = await linkText(opened.store, APP, 'layer');
    const put = toPut(APP, { config, layers: [layer], allowSparse: false, tags: ['v1'] });
    assert.deepEqual(await opened.store.putManifest(put), { kind: 'references-unknown', digests: [config] });
    assert.equal(await opened.store.tag(APP, tagOf('v1')), undefined);
    await opened.store.mountBlob(WEB, APP, config, 2);
    assert.deepEqual(await opened.store.putManifest(put), { kind: 'stored', created: true });
  });

  it('refuses an index whose manifests its repository does not have', async () => {
    await using opened = await open();
    const child = toPut(APP, {});
    const index = toPut(APP, { manifests: [child.digest], allowSparse: false });
    assert.deepEqual(await opened.store.putManifest(index), { kind: 'references-unknown', digests: [child.digest] });
    assert.equal(await opened.store.repository(APP), undefined);
    await opened.store.putManifest(child);
    assert.deepEqual(await opened.store.putManifest(index), { kind: 'stored', created: true });
  });

  it('moves a tag, and keeps the manifest that it named', async () => {
    await using opened = await open();
    const first = toPut(APP, { tags: ['v1'], nowMs: 1 });
    const second = toPut(APP, { tags: ['v1'], annotations: { n: '2' }, nowMs: 2 });
    await opened.store.putManifest(first);
    assert.equal((await opened.store.manifest(APP, referenceOf('v1')))?.digest, first.digest);
    await opened.store.putManifest(second);
    assert.equal((await opened.store.manifest(APP, referenceOf('v1')))?.digest, second.digest);
    assert.notEqual(await opened.store.manifest(APP, referenceOf(first.digest)), undefined);
    const tag = await opened.store.tag(APP, tagOf('v1'));
    assert.deepEqual([tag?.digest, tag?.createdMs, tag?.updatedMs], [second.digest, 1, 2]);
  });

  it('says that a manifest was there already', async () => {
    await using opened = await open();
    await opened.store.putManifest(toPut(APP, {}));
    const again = await opened.store.putManifest(toPut(APP, { tags: ['v2'] }));
    assert.deepEqual(again, { kind: 'stored', created: false });
    assert.equal((await opened.store.repository(APP))?.manifestCount, 1);
  });

  it('shows what a manifest is', async () => {
    await using opened = await open();
    const sample = { tags: ['b', 'a'], layers: [sha256('layer')], artifactType: 'application/x', nowMs: 9 };
    const put = { ...toPut(APP, sample), architecture: 'amd64', os: 'linux' };
    await opened.store.putManifest(put);
    assert.deepEqual(await opened.store.manifestRecord(APP, put.digest), {
      digest: put.digest,
      mediaType: put.manifest.mediaType,
      size: put.content.length,
      imageSize: 15,
      artifactType: 'application/x',
      architecture: 'amd64',
      os: 'linux',
      createdMs: 9,
      updatedMs: 9,
      attributes: { deleteEnabled: true, writeEnabled: true, listEnabled: true, readEnabled: true },
      tags: ['a', 'b'],
    });
  });

  it('deletes one tag and keeps its manifest', async () => {
    await using opened = await open();
    const put = toPut(APP, { tags: ['v1', 'v2'] });
    await opened.store.putManifest(put);
    assert.notEqual(await opened.store.manifest(APP, referenceOf('v1')), undefined);
    const outcome = await opened.store.deleteTag(APP, tagOf('v1'), 5);
    assert.deepEqual(outcome, { kind: 'deleted', manifests: [], tags: ['v1'] });
    assert.equal(await opened.store.manifest(APP, referenceOf('v1')), undefined);
    assert.notEqual(await opened.store.manifest(APP, referenceOf('v2')), undefined);
    assert.deepEqual(await opened.store.deleteTag(APP, tagOf('v1'), 5), { kind: 'manifest-unknown' });
  });

  it('deletes a manifest with every tag that names it, and no other', async () => {
    await using opened = await open();
    const put = toPut(APP, { tags: ['v2', 'v1'] });
    await opened.store.putManifest(put);
    await opened.store.putManifest(toPut(APP, { tags: ['v3'], annotations: { n: '3' } }));
    const outcome = await opened.store.deleteManifest(APP, put.digest, 5);
    assert.deepEqual(outcome, { kind: 'deleted', manifests: [put.digest], tags: ['v1', 'v2'] });
    assert.equal(await opened.store.manifest(APP, referenceOf(put.digest)), undefined);
    assert.equal(await opened.store.manifest(APP, referenceOf('v1')), undefined);
    assert.notEqual(await opened.store.manifest(APP, referenceOf('v3')), undefined);
    assert.deepEqual(await opened.store.deleteManifest(APP, put.digest, 5), { kind: 'manifest-unknown' });
    assert.deepEqual(await opened.store.deleteManifest(WEB, put.digest, 5), { kind: 'repository-unknown' });
  });

  it('keeps the times of a repository', async () => {
    await using opened = await open();
    await opened.store.putManifest(toPut(APP, { tags: ['v1'], nowMs: 3 }));
    await opened.store.deleteTag(APP, tagOf('v1'), 8);
    const record = await opened.store.repository(APP);
    assert.deepEqual([record?.createdMs, record?.updatedMs], [3, 8]);
  });

  it('counts repositories, manifests and tags', async () => {
    await using opened = await open();
    await opened.store.putManifest(toPut(APP, { tags: ['v1', 'v2'] }));
    await opened.store.putManifest(toPut(WEB, { tags: ['v1'] }));
    assert.deepEqual(await opened.store.usage(REGISTRY), { bytes: 0, repositories: 2, manifests: 2, tags: 3 });
    assert.equal((await opened.store.repository(APP))?.tagCount, 2);
  });

  it('accepts a subject that is absent, and lists its referrers by digest', async () => {
    await using opened = await open();
    const subject = sha256('subject');
    const puts = ['a', 'b', 'c'].map((type) =>
      toPut(APP, { subject, artifactType: `application/${type}`, annotations: { type } }),
    );
    for (const put of puts) await opened.store.putManifest(put);
    await opened.store.putManifest(toPut(APP, { subject: sha256('other') }));
    const sorted = puts.toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
    const all = await opened.store.referrers(APP, subject, { limit: 10 });
    assert.deepEqual(
      all.items.map((item) => item.digest),
      sorted.map((put) => put.digest),
    );
    const first = await opened.store.referrers(APP, subject, { limit: 2 });
    assert.deepEqual([first.items.length, first.more], [2, true]);
    const last = first.items.at(-1)?.digest ?? '';
    const rest = await opened.store.referrers(APP, subject, { limit: 2, last });
    assert.deepEqual([rest.items[0]?.digest, rest.more], [sorted[2]?.digest, false]);
  });

  it('lists the referrers of one artifact type, with their annotations', async () => {
    await using opened = await open();
    const subject = sha256('subject');
    const put = toPut(APP, { subject, artifactType: 'application/b', annotations: { n: '1' } });
    await opened.store.putManifest(put);
    await opened.store.putManifest(toPut(APP, { subject, artifactType: 'application/a' }));
    const page = await opened.store.referrers(APP, subject, { limit: 10 }, 'application/b');
    const { mediaType } = put.manifest;
    const expected = { mediaType, digest: put.digest, size: put.content.length, artifactType: 'application/b' };
    assert.deepEqual(page, { items: [{ ...expected, annotations: { n: '1' } }], more: false });
    assert.deepEqual(await opened.store.referrers(WEB, subject, { limit: 10 }), { items: [], more: false });
  });

  it('takes sha512 digests like any other', async () => {
    await using opened = await open();
    const sample = toPut(APP, {});
    const digest = digestOfBytes(sample.content, 'sha512');
    const put = { ...sample, digest };
    await opened.store.putManifest(put);
    assert.equal((await opened.store.manifest(APP, referenceOf(digest)))?.digest, digest);
  });
}
