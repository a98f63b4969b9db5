import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { MAX_MANIFEST_BYTES } from '../../src/oci/manifest.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { type Answer, jsonOf, refusalOf } from './client.ts';
import { content, digestOf, imageOf, manifestPath, pushImage, pushManifest } from './push.ts';
import { openScene } from './scene.ts';

const IMAGE = imageOf();
const OCI: Readonly<Record<string, string>> = { 'content-type': MEDIA_TYPE.ociManifest };
const FIELDS = JSON.parse(IMAGE.manifest.bytes.toString()) as Record<string, unknown>;

/** The plain image, padded by an annotation to exactly so many bytes. */
function paddedTo(size: number): Buffer {
  const bare = JSON.stringify({ ...FIELDS, annotations: { pad: '' } });
  return Buffer.from(JSON.stringify({ ...FIELDS, annotations: { pad: 'x'.repeat(size - bare.length) } }));
}

describe('a hostile manifest', () => {
  const scene = openScene();
  before(async () => {
    await pushImage(scene().client, 'app', 'v1');
  });

  async function put(body: string | Uint8Array | readonly Uint8Array[], headers = OCI): Promise<Answer> {
    const { client } = scene();
    const answer = await client.send('PUT', manifestPath('app', 'v1'), { body, headers });
    if (answer.status !== 201) {
      const stored = await client.send('GET', manifestPath('app', 'v1'));
      assert.ok(stored.body.equals(IMAGE.manifest.bytes), 'what was stored has been touched');
    }
    return answer;
  }

  for (const [what, body] of [
    ['that is no JSON', '{"schemaVersion":2,'],
    ['that is empty', ''],
    ['that nests 100,000 levels deep', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['that is 4 MiB of brackets', '['.repeat(MAX_MANIFEST_BYTES)],
    ['that is no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['of schema 1', '{"schemaVersion":1,"name":"a","tag":"b","fsLayers":[]}'],
    [
      'with sizes that no number can sum',
      JSON.stringify({ ...FIELDS, layers: Array(3).fill({ ...IMAGE.layer.descriptor, size: 2 ** 53 - 1 }) }),
    ],
    ['that is an index as well', JSON.stringify({ ...FIELDS, manifests: [] })],
  ] as const)
    it(`${what} is refused, and what is stored stays`, async () =>
      assert.equal(refusalOf(await put(body)), '400 MANIFEST_INVALID'));

  it('of another type than its header says is refused', async () => {
    const answer = await put(IMAGE.manifest.bytes, { 'content-type': MEDIA_TYPE.dockerManifest });
    assert.equal(refusalOf(answer), '400 MANIFEST_INVALID');
  });

  it('of 4 MiB is taken, and of one byte more refused with 413, announced or not', async () => {
    const { client } = scene();
    const largest = paddedTo(MAX_MANIFEST_BYTES);
    const taken = await client.send('PUT', manifestPath('app', 'largest'), { body: largest, headers: OCI });
    assert.equal(taken.status, 201);
    assert.ok((await client.send('GET', manifestPath('app', 'largest'))).body.equals(largest));
    const larger = paddedTo(MAX_MANIFEST_BYTES + 1);
    assert.equal(refusalOf(await put([larger.subarray(0, 1000), larger.subarray(1000)])), '413 MANIFEST_INVALID');
    const announced = await put(larger);
    assert.equal(refusalOf(announced), '413 MANIFEST_INVALID');
    assert.equal(announced.headers.connection, 'close');
  });

  it('that names absent content is refused, naming what is absent, and nothing is stored', async () => {
    const { client } = scene();
    const other = imageOf({ layer: 'never pushed' });
    const answer = await put(other.manifest.bytes);
    assert.equal(refusalOf(answer), '404 MANIFEST_BLOB_UNKNOWN');
    assert.deepEqual(jsonOf<{ errors: [{ detail: unknown }] }>(answer).errors[0].detail, {
      digests: [other.layer.digest],
    });
    assert.equal(
      refusalOf(await client.send('GET', manifestPath('app', other.manifest.digest))),
      '404 MANIFEST_UNKNOWN',
    );
  });

  it('that names content of another repository is refused', async () => {
    const { client } = scene();
    const answer = await client.send('PUT', manifestPath('thief', 'v1'), { body: IMAGE.manifest.bytes, headers: OCI });
    assert.equal(refusalOf(answer), '404 MANIFEST_BLOB_UNKNOWN');
    assert.equal(refusalOf(await client.send('GET', '/acr/v1/thief')), '404 NAME_UNKNOWN');
  });

  it('that is an index of absent manifests is refused; of present ones, nested too, taken', async () => {
    const { client } = scene();
    const indexOf = (manifests: readonly object[]) =>
      content(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests }), MEDIA_TYPE.ociIndex);
    const inner = indexOf([IMAGE.manifest.descriptor]);
    const outer = indexOf([inner.descriptor]);
    const early = await client.send('PUT', manifestPath('app', 'outer'), {
      body: outer.bytes,
      headers: { 'content-type': MEDIA_TYPE.ociIndex },
    });
    assert.equal(refusalOf(early), '404 MANIFEST_BLOB_UNKNOWN');
    await pushManifest(client, 'app', inner.digest, inner);
    await pushManifest(client, 'app', 'outer', outer);
    assert.ok((await client.send('GET', manifestPath('app', 'outer'))).body.equals(outer.bytes));
  });

  it('with layers that need not be distributed, or with an absent subject, is no hostile one', async () => {
    const { client } = scene();
    const foreign = {
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
      digest: digestOf('windows'),
      size: 7,
    };
    const body = JSON.stringify({
      ...FIELDS,
      layers: [foreign],
      subject: { ...IMAGE.manifest.descriptor, digest: digestOf('later') },
    });
    const answer = await client.send('PUT', manifestPath('app', 'foreign'), { body, headers: OCI });
    assert.equal(`${answer.status} ${String(answer.headers['oci-subject'])}`, `201 ${digestOf('later')}`);
  });

  it('by a sha512 digest is stored under it', async () => {
    const { client } = scene();
    const digest = digestOf(IMAGE.manifest.bytes, 'sha512');
    const answer = await client.send('PUT', manifestPath('app', digest), { body: IMAGE.manifest.bytes, headers: OCI });
    assert.equal(`${answer.status} ${String(answer.headers['docker-content-digest'])}`, `201 ${digest}`);
    assert.ok((await client.send('GET', manifestPath('app', digest))).body.equals(IMAGE.manifest.bytes));
  });

  it('with a config that lies about itself is stored as it is', async () => {
    const { client } = scene();
    for (const [i, config] of [
      '{"architecture":7,"os":[]}',
      '[',
      '{"architecture":"x"',
      `${'['.repeat(50_000)}`,
    ].entries()) {
      const blob = content(config, 'application/vnd.oci.image.config.v1+json');
      await client.send('POST', `/v2/app/blobs/uploads/?digest=${blob.digest}`, { body: blob.bytes });
      const manifest = content(JSON.stringify({ ...FIELDS, config: blob.descriptor }), MEDIA_TYPE.ociManifest);
      await pushManifest(client, 'app', `odd-${i}`, manifest);
      assert.equal((await client.send('GET', `/acr/v1/app/_manifests/${manifest.digest}`)).status, 200);
    }
  });
});

describe('two pushes of one tag at the same time', () => {
  const scene = openScene();

  it('leave one of them whole, and both manifests', async () => {
    const { client } = scene();
    const images = Array.from({ length: 8 }, (_, i) =>
      imageOf({ annotations: { n: String(i), pad: 'x'.repeat(i * 10_000) } }),
    );
    await pushImage(client, 'race', 'first');
    for (let round = 0; round < 5; round++) {
      await Promise.all(images.map(({ manifest }) => pushManifest(client, 'race', 'tag', manifest)));
      const won = await client.send('GET', manifestPath('race', 'tag'));
      assert.ok(images.some(({ manifest }) => manifest.bytes.equals(won.body)));
      assert.equal(won.headers['docker-content-digest'], digestOf(won.body));
      assert.equal(won.headers['content-length'], String(won.body.length));
    }
    for (const { manifest } of images)
      assert.ok((await client.send('GET', manifestPath('race', manifest.digest))).body.equals(manifest.bytes));
  });

  it('and of one blob are both taken', async () => {
    const { client } = scene();
    const blob = content(Buffer.alloc(2_000_000, 'x'));
    const path = `/v2/race/blobs/uploads/?digest=${blob.digest}`;
    const answers = await Promise.all(Array.from({ length: 6 }, () => client.send('POST', path, { body: blob.bytes })));
    assert.deepEqual(
      answers.map(({ status }) => status),
      Array(6).fill(201),
    );
    assert.ok((await client.send('GET', `/v2/race/blobs/${blob.digest}`)).body.equals(blob.bytes));
  });

  it('and a delete of it leave the tag whole or gone', async () => {
    const { client } = scene();
    const { manifest } = await pushImage(client, 'race', 'deleted');
    for (let round = 0; round < 10; round++) {
      await Promise.all([
        client.send('PUT', manifestPath('race', 'deleted'), { body: manifest.bytes, headers: OCI }),
        client.send('DELETE', manifestPath('race', 'deleted')),
      ]);
      const after = await client.send('GET', manifestPath('race', 'deleted'));
      assert.ok(after.status === 404 || after.body.equals(manifest.bytes));
    }
  });
});
