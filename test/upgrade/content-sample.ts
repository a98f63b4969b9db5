/**
 * What the fixtures of the content database hold, and what must be read from them by every later release. Never
 * changed once a fixture was made: a release that adds to the schema adds content in a sample of its own.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { digestOf } from '../../src/oci/digest.ts';
import { parseManifest } from '../../src/oci/manifest.ts';
import { parseReference, parseRepositoryName, parseTag } from '../../src/oci/reference.ts';
import type {
  Locator,
  ManifestToPut,
  MetadataStore,
  RegistryUid,
  RepositoryKey,
  UploadId,
} from '../../src/store/port.ts';

const FIRST = 'registry-1' as RegistryUid;
const SECOND = 'registry-2' as RegistryUid;
const APP = keyOf(FIRST, 'team/app');
const WEB = keyOf(FIRST, 'team/web');
const COPY = keyOf(SECOND, 'team/app');
const CONFIG = sha256('config');
const LAYER = sha256('layer');
const IMAGE = toPut(APP, ['v1', 'v2'], {
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: CONFIG, size: 6 },
  layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: LAYER, size: 5 }],
});
const SIGNATURE = toPut(APP, [], {
  config: { mediaType: 'application/vnd.example.signature', digest: CONFIG, size: 6 },
  layers: [],
  subject: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: IMAGE.digest, size: 7 },
  annotations: { by: 'somebody' },
});

/** Fills an empty store. */
export async function fill(store: MetadataStore): Promise<void> {
  await link(store, APP, 'config', 'locator-1');
  await link(store, APP, 'layer', 'locator-2');
  await link(store, COPY, 'layer', 'locator-3');
  await store.mountBlob(APP, WEB, LAYER, 3);
  await store.putManifest(IMAGE);
  await store.putManifest(SIGNATURE);
  await store.updateTag(APP, tagOf('v2'), { writeEnabled: false });
  await store.updateManifest(APP, SIGNATURE.digest, { listEnabled: false });
  await store.updateRepository(WEB, { readEnabled: false }, 5);
  await store.startUpload({ id: 'upload-9' as UploadId, repository: WEB, algorithm: 'sha512', startedMs: 6 });
}

/** Reads everything again. */
export async function check(store: MetadataStore): Promise<void> {
  await checkBlobs(store);
  await checkManifests(store);
  const upload = { id: 'upload-9', repository: WEB, algorithm: 'sha512', startedMs: 6 };
  assert.deepEqual(await store.uploads(), [upload]);
  assert.deepEqual(await store.trash(10), ['locator-3']);
  assert.deepEqual(await store.unknownLocators(['locator-1', 'locator-4'] as Locator[]), ['locator-4']);
  assert.deepEqual(await store.usage(FIRST), { bytes: 11, repositories: 2, manifests: 2, tags: 2 });
  assert.deepEqual(await store.usage(SECOND), { bytes: 5, repositories: 1, manifests: 0, tags: 0 });
}

async function checkBlobs(store: MetadataStore): Promise<void> {
  const layer = { digest: LAYER, size: 5, locator: 'locator-2' };
  assert.deepEqual(await store.blob(APP, LAYER), { ...layer, readable: true });
  assert.deepEqual(await store.blob(WEB, LAYER), { ...layer, readable: false });
  assert.deepEqual(await store.blob(COPY, LAYER), { ...layer, readable: true });
  assert.equal(await store.blob(WEB, CONFIG), undefined);
}

async function checkManifests(store: MetadataStore): Promise<void> {
  const { digest, content, manifest } = IMAGE;
  const served = { digest, mediaType: manifest.mediaType, content: Buffer.from(content), readable: true };
  for (const name of ['v1', 'v2', digest]) {
    const reference = parseReference(name);
    assert.ok(reference);
    assert.deepEqual(await store.manifest(APP, reference), served);
  }
  const tags = (await store.tags(APP, { limit: 10 }, 'name'))?.items;
  assert.deepEqual(
    tags?.map((tag) => [tag.tag, tag.digest, tag.updatedMs, tag.attributes.writeEnabled]),
    [
      ['v1', digest, 4, true],
      ['v2', digest, 4, false],
    ],
  );
  const listed = (await store.manifests(APP, { limit: 10 }, 'name'))?.items;
  assert.deepEqual(
    listed?.map((item) => [item.digest, item.imageSize, item.tags]),
    [[digest, 11, ['v1', 'v2']]],
  );
  const signature = await store.manifestRecord(APP, SIGNATURE.digest);
  assert.equal(signature?.attributes.listEnabled, false);
  await store.updateManifest(APP, SIGNATURE.digest, { listEnabled: true });
  const referrers = await store.referrers(APP, digest, { limit: 10 }, 'application/vnd.example.signature');
  assert.deepEqual(referrers.items[0]?.annotations, { by: 'somebody' });
}

function link(store: MetadataStore, repository: RepositoryKey, text: string, locator: string) {
  const upload = `upload-${locator}` as UploadId;
  const bytes = { digest: sha256(text), size: text.length, locator: locator as Locator };
  return store.linkBlob({ repository, ...bytes, upload, nowMs: 2 });
}

function toPut(repository: RepositoryKey, tags: readonly string[], body: object): ManifestToPut {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const content = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...body }));
  const manifest = parseManifest(content, undefined);
  assert.ok(typeof manifest === 'object');
  return {
    repository,
    digest: sha256(content),
    content,
    manifest,
    tags: tags.map(tagOf),
    allowSparse: false,
    nowMs: 4,
  };
}

function sha256(content: string | Uint8Array) {
  return digestOf('sha256', createHash('sha256').update(content).digest('hex'));
}

function keyOf(registry: RegistryUid, text: string): RepositoryKey {
  const name = parseRepositoryName(text);
  assert.ok(name);
  return { registry, name };
}

function tagOf(text: string) {
  const tag = parseTag(text);
  assert.ok(tag);
  return tag;
}
