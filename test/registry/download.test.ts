import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { refusalOf } from './client.ts';
import { blobPath, content, imageOf, manifestPath, pushBlob, pushImage } from './push.ts';
import { openScene } from './scene.ts';

const SIZE = 1_000_000;
const BLOB = content(Buffer.from(Array.from({ length: SIZE }, (_, i) => (i * 31 + (i >> 8)) & 0xff)));
const PATH = blobPath('app', BLOB.digest);
const TAG = `"${BLOB.digest}"`;

/** `Range`, and the first and last position answered. */
const PARTS: readonly (readonly [string, number, number])[] = [
  ['bytes=0-0', 0, 0],
  ['bytes=0-99', 0, 99],
  ['bytes=300000-700000', 300_000, 700_000],
  ['bytes=999999-', SIZE - 1, SIZE - 1],
  ['bytes=-1000', SIZE - 1000, SIZE - 1],
  ['bytes=0-99999999999', 0, SIZE - 1],
];

describe('a blob', () => {
  const scene = openScene();
  before(() => pushBlob(scene().client, 'app', BLOB));
  const get = (headers: Record<string, string> = {}, method = 'GET') => scene().client.send(method, PATH, { headers });

  for (const [range, start, end] of PARTS)
    it(`is answered in part for ${range}`, async () => {
      const { status, headers, body } = await get({ range });
      assert.deepEqual([status, headers['content-range']], [206, `bytes ${start}-${end}/${SIZE}`]);
      assert.ok(body.equals(BLOB.bytes.subarray(start, end + 1)));
    });

  for (const range of [`bytes=${SIZE}-`, 'bytes=-0', 'bytes=5-4'])
    it(`is refused for ${range}, with its size`, async () => {
      const answer = await get({ range });
      assert.deepEqual([refusalOf(answer), answer.headers['content-range']], ['416 SIZE_INVALID', `bytes */${SIZE}`]);
    });

  for (const range of ['bytes=0-1,5-6', 'lines=0-1', 'bytes=x-y'])
    it(`is answered whole for ${range}`, async () => {
      const { status, headers, body } = await get({ range });
      assert.deepEqual([status, headers['accept-ranges'], body.length], [200, 'bytes', SIZE]);
    });

  it('is not sent again to who has it', async () => {
    for (const method of ['GET', 'HEAD'])
      for (const tag of [TAG, BLOB.digest, `"x", ${TAG}`, '*']) {
        const { status, headers, body } = await get({ 'if-none-match': tag }, method);
        assert.deepEqual([status, headers.etag, body.length], [304, TAG, 0]);
      }
    assert.equal((await get({ 'if-none-match': '"other"' })).status, 200);
  });

  it('is resumed only when it is still the same', async () => {
    assert.equal((await get({ range: 'bytes=5-9', 'if-range': TAG })).status, 206);
    assert.equal((await get({ range: 'bytes=5-9', 'if-range': '"other"' })).status, 200);
  });

  it('is sent whole to the next client when one goes away in the middle', async () => {
    const { client } = scene();
    for (let i = 0; i < 5; i++) {
      const raw = await client.raw();
      await raw.send(`GET ${PATH} HTTP/1.1\r\nHost: ${client.host}\r\nAuthorization: ${client.basic}\r\n\r\n`);
      raw.cut();
      await raw.closed();
    }
    assert.ok((await get()).body.equals(BLOB.bytes));
  });

  it('is read to its end by who began before it was deleted', async () => {
    const { client } = scene();
    const large = content(Buffer.alloc(16_000_000, 'large'));
    await pushBlob(client, 'app', large);
    await using raw = await client.raw();
    raw.pause();
    await raw.send(
      `GET ${blobPath('app', large.digest)} HTTP/1.1\r\nHost: ${client.host}\r\nAuthorization: ${client.basic}\r\n\r\n`,
    );
    const first = raw.answer();
    raw.resume();
    const [answer, deleted] = await Promise.all([first, client.send('DELETE', blobPath('app', large.digest))]);
    assert.equal(deleted.status, 202);
    if (answer.status === 200) assert.ok(Buffer.from(answer.body, 'latin1').equals(large.bytes));
    else assert.equal(refusalOf(answer), '404 BLOB_UNKNOWN');
    assert.equal(refusalOf(await client.send('GET', blobPath('app', large.digest))), '404 BLOB_UNKNOWN');
  });
});

describe('a manifest', () => {
  const scene = openScene();
  before(() => pushImage(scene().client, 'app', 'v1').then(() => undefined));

  it('is not sent again to who has it, until its tag moves', async () => {
    const { client } = scene();
    const path = manifestPath('app', 'v1');
    const etag = String((await client.send('GET', path)).headers.etag);
    const conditional = { headers: { 'if-none-match': etag } };
    assert.equal((await client.send('GET', path, conditional)).status, 304);
    assert.equal((await client.send('HEAD', path, conditional)).status, 304);
    const moved = await pushImage(client, 'app', 'v1', { annotations: { moved: 'yes' } });
    assert.ok((await client.send('GET', path, conditional)).body.equals(moved.manifest.bytes));
  });

  it('is answered whole whatever Range says', async () => {
    const { manifest } = imageOf();
    const headers = { range: 'bytes=0-1' };
    const { status, body } = await scene().client.send('GET', manifestPath('app', manifest.digest), { headers });
    assert.deepEqual([status, body.length], [200, manifest.bytes.length]);
  });
});
