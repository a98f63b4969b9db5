import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RawConnection } from '../../src/testkit/raw-connection.ts';
import { type Answer, type RegistryClient, refusalOf } from './client.ts';
import { blobPath, content, digestOf } from './push.ts';
import { openScene } from './scene.ts';
import { UploadSession } from './upload-session.ts';

const TEXT = '0123456789abcdefghij';
const DIGEST = digestOf(TEXT);
/** More than is gathered before it is written. */
const LARGE = Buffer.alloc(4_000_000, 'large');

/** Status, range and session of an answer about an upload. */
function progress({ status, headers }: Answer): string {
  return `${status} ${headers['range'] ?? '-'}`;
}

async function pulled(client: RegistryClient, repository: string, digest: string): Promise<string> {
  const answer = await client.send('GET', blobPath(repository, digest));
  return answer.status === 200 ? answer.body.toString() : refusalOf(answer);
}

describe('an upload', () => {
  const scene = openScene();

  it('in one POST makes the blob and says where it is', async () => {
    const { client } = scene();
    const answer = await client.send('POST', `/v2/single/blobs/uploads/?digest=${DIGEST}`, { body: TEXT });
    assert.deepEqual(
      [answer.status, answer.headers.location, answer.headers['docker-content-digest']],
      [201, blobPath('single', DIGEST), DIGEST],
    );
    assert.equal(await pulled(client, 'single', DIGEST), TEXT);
  });

  it('in POST and PUT makes the blob', async () => {
    const { client } = scene();
    const upload = await UploadSession.begin(client, 'whole');
    const answer = await upload.put(DIGEST, { body: TEXT });
    assert.deepEqual([answer.status, answer.headers.location], [201, blobPath('whole', DIGEST)]);
    assert.equal(await pulled(client, 'whole', DIGEST), TEXT);
  });

  it('in chunks makes the blob, the last of them in the PUT', async () => {
    const { client } = scene();
    const upload = await UploadSession.begin(client, 'chunked');
    assert.equal(progress(await upload.patch(TEXT.slice(0, 5), '0-4')), '202 0-4');
    assert.equal(progress(await upload.patch(TEXT.slice(5, 12), '5-11')), '202 0-11');
    assert.equal(progress(await upload.status()), '204 0-11');
    assert.equal((await upload.put(DIGEST, { body: TEXT.slice(12), range: '12-19' })).status, 201);
    assert.equal(await pulled(client, 'chunked', DIGEST), TEXT);
  });

  it('streamed with no length makes the blob', async () => {
    const { client } = scene();
    const upload = await UploadSession.begin(client, 'streamed');
    const pieces = Array.from({ length: 50 }, (_, i) => Buffer.alloc(10_000, i));
    assert.equal(progress(await upload.patch(pieces)), '202 0-499999');
    assert.equal((await upload.put(digestOf(Buffer.concat(pieces)))).status, 201);
  });

  it('of nothing makes the empty blob', async () => {
    const { client } = scene();
    const upload = await UploadSession.begin(client, 'empty');
    assert.equal(progress(await upload.status()), '204 0-0');
    assert.equal((await upload.put(digestOf(''))).status, 201);
    assert.equal(await pulled(client, 'empty', digestOf('')), '');
  });

  it('of a blob that is there already is taken again', async () => {
    const { client } = scene();
    for (let i = 0; i < 2; i++)
      assert.equal((await (await UploadSession.begin(client, 'twice')).put(DIGEST, { body: TEXT })).status, 201);
    assert.equal(await pulled(client, 'twice', DIGEST), TEXT);
  });

  for (const query of ['', '?digest-algorithm=sha512'])
    it(`is checked against sha512${query === '' ? ' though begun without saying so' : ''}`, async () => {
      const { client } = scene();
      const digest = digestOf(TEXT, 'sha512');
      const upload = await UploadSession.begin(client, 'strong', query);
      await upload.patch(TEXT);
      assert.equal((await upload.put(digest)).headers['docker-content-digest'], digest);
      assert.equal(await pulled(client, 'strong', digest), TEXT);
    });

  it('says the same session in Location and Docker-Upload-UUID, and no host', async () => {
    const { client } = scene();
    const { headers } = await client.send('POST', '/v2/app/blobs/uploads/');
    assert.equal(headers.location, `/v2/app/blobs/uploads/${String(headers['docker-upload-uuid'])}`);
  });

  it('that is cancelled is gone', async () => {
    const { client } = scene();
    const upload = await UploadSession.begin(client, 'cancelled');
    await upload.patch(TEXT);
    assert.equal((await upload.cancel()).status, 204);
    assert.equal(refusalOf(await upload.status()), '404 BLOB_UPLOAD_UNKNOWN');
    assert.equal(refusalOf(await upload.put(DIGEST)), '404 BLOB_UPLOAD_UNKNOWN');
  });

  it('that is finished is gone', async () => {
    const upload = await UploadSession.begin(scene().client, 'finished');
    await upload.put(DIGEST, { body: TEXT });
    assert.equal(refusalOf(await upload.put(DIGEST)), '404 BLOB_UPLOAD_UNKNOWN');
  });
});

describe('bad input to an upload', () => {
  const scene = openScene();

  it('overlapping chunks and gaps are refused with 416, and the upload goes on where it was', async () => {
    const upload = await UploadSession.begin(scene().client, 'app');
    await upload.patch(TEXT.slice(0, 10), '0-9');
    for (const [from, to] of [
      [0, 9],
      [5, 14],
      [9, 9],
      [11, 19],
    ] as const) {
      const answer = await upload.patch(TEXT.slice(from, to + 1), `${from}-${to}`);
      assert.equal(`${refusalOf(answer)} ${String(answer.headers['range'])}`, '416 BLOB_UPLOAD_INVALID 0-9');
    }
    assert.equal(progress(await upload.patch(TEXT.slice(10), '10-19')), '202 0-19');
    assert.equal((await upload.put(DIGEST)).status, 201);
  });

  it('a last chunk out of order is refused with 416, and the upload goes on where it was', async () => {
    const upload = await UploadSession.begin(scene().client, 'app');
    await upload.patch(TEXT.slice(0, 10));
    assert.equal(refusalOf(await upload.put(DIGEST, { body: TEXT, range: '0-19' })), '416 BLOB_UPLOAD_INVALID');
    assert.equal((await upload.put(DIGEST, { body: TEXT.slice(10), range: '10-19' })).status, 201);
  });

  for (const [what, range, body, expected] of [
    ['is malformed', 'five to nine', TEXT, '400 BLOB_UPLOAD_INVALID'],
    ['runs backwards', '9-0', TEXT, '400 BLOB_UPLOAD_INVALID'],
    ['names more than Content-Length', '0-99', TEXT, '400 SIZE_INVALID'],
    ['names less than Content-Length', '0-3', TEXT, '400 SIZE_INVALID'],
    ['names more than the chunked body has', '0-99', [TEXT], '400 SIZE_INVALID'],
    ['names less than the chunked body has', '0-3', [TEXT], '400 SIZE_INVALID'],
  ] as const)
    it(`a Content-Range that ${what} is refused with ${expected}`, async () => {
      const upload = await UploadSession.begin(scene().client, 'app');
      assert.equal(refusalOf(await upload.patch(body, range)), expected);
    });

  it('a wrong digest is refused and ends the session; the same bytes with the right one are taken', async () => {
    const { client } = scene();
    const upload = await UploadSession.begin(client, 'app');
    await upload.patch('other bytes');
    assert.equal(refusalOf(await upload.put(DIGEST)), '400 DIGEST_INVALID');
    assert.equal(refusalOf(await upload.status()), '404 BLOB_UPLOAD_UNKNOWN');
    assert.equal(await pulled(client, 'app', digestOf('other bytes')), '404 BLOB_UNKNOWN');
    const again = await UploadSession.begin(client, 'app');
    assert.equal((await again.put(digestOf('other bytes'), { body: 'other bytes' })).status, 201);
  });

  it('an unknown upload id is refused, however it is written', async () => {
    const { client } = scene();
    const { location } = await UploadSession.begin(client, 'app');
    const id = location.split('/').at(-1) ?? '';
    for (const bad of ['0', id.slice(1), `${id}x`, '..%2f..%2fx', '%00', 'x'.repeat(5000)]) {
      const answer = await client.send('PATCH', `/v2/app/blobs/uploads/${bad}`, { body: TEXT });
      assert.equal(refusalOf(answer), '404 BLOB_UPLOAD_UNKNOWN');
    }
  });

  it('an upload of one repository is unknown in another', async () => {
    const { client } = scene();
    const upload = await UploadSession.begin(client, 'mine');
    const id = upload.location.split('/').at(-1) ?? '';
    assert.equal(refusalOf(await client.send('GET', `/v2/other/blobs/uploads/${id}`)), '404 BLOB_UPLOAD_UNKNOWN');
    assert.equal((await upload.status()).status, 204);
  });
});

describe('a client that goes away', () => {
  const scene = openScene();

  /** Writes the head of a PATCH that promises more than is sent. */
  async function begin(client: RegistryClient, location: string, framing: string): Promise<RawConnection> {
    const raw = await client.raw();
    const head = [
      `PATCH ${location} HTTP/1.1`,
      `Host: ${client.host}`,
      `Authorization: ${client.basic}`,
      framing,
      '',
      '',
    ];
    await raw.send(head.join('\r\n'));
    return raw;
  }

  /** How many bytes the session has, asked until that is more than none. */
  async function received(upload: UploadSession): Promise<number> {
    for (;;) {
      const end = Number(/-(\d+)$/.exec(String((await upload.status()).headers['range']))?.[1]);
      if (end > 0) return end + 1;
    }
  }

  for (const [what, framing, chunkHead] of [
    ['a body of a known length', `Content-Length: ${LARGE.length}`, ''],
    ['a chunked body', 'Transfer-Encoding: chunked', `${LARGE.length.toString(16)}\r\n`],
  ] as const)
    for (const way of ['cut', 'half'] as const)
      it(`within ${what} (${way === 'cut' ? 'reset' : 'end of stream'}) leaves what came, and goes on behind it`, async () => {
        const { client } = scene();
        const upload = await UploadSession.begin(client, 'resumed');
        const raw = await begin(client, upload.location, framing);
        await raw.send(chunkHead);
        await raw.send(LARGE.subarray(0, 3_000_000));
        await received(upload);
        raw[way]();
        await raw.closed();
        const rest = await settled(async () => {
          const offset = await received(upload);
          assert.ok(offset <= 3_000_000);
          return upload.patch(LARGE.subarray(offset), `${offset}-${LARGE.length - 1}`);
        });
        assert.equal(progress(rest), `202 0-${LARGE.length - 1}`);
        assert.equal((await upload.put(digestOf(LARGE))).status, 201);
      });

  it('within a single POST leaves nothing', async () => {
    const { client } = scene();
    const raw = await client.raw();
    const head = [`POST /v2/gone/blobs/uploads/?digest=${DIGEST} HTTP/1.1`, `Host: ${client.host}`];
    await raw.send(
      [...head, `Authorization: ${client.basic}`, 'Content-Length: 20', '', TEXT.slice(0, 8)].join('\r\n'),
    );
    raw.cut();
    await raw.closed();
    assert.equal(await pulled(client, 'gone', DIGEST), '404 BLOB_UNKNOWN');
  });

  it('within a manifest leaves the tag as it was', async () => {
    const { client } = scene();
    const raw = await client.raw();
    const head = [`PUT /v2/gone/manifests/v1 HTTP/1.1`, `Host: ${client.host}`];
    await raw.send([...head, `Authorization: ${client.basic}`, 'Content-Length: 20', '', '{}'].join('\r\n'));
    raw.half();
    await raw.closed();
    assert.equal(refusalOf(await client.send('GET', '/v2/gone/manifests/v1')), '404 MANIFEST_UNKNOWN');
  });

  /** Repeats what is refused for its place as long as the request that was cut off still writes. */
  async function settled(ask: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      const answer = await ask();
      if (answer.status !== 416) return answer;
    }
  }
});

describe('a second request to an upload that is being written', () => {
  const scene = openScene();

  it('is refused with 416 and harms nothing', async () => {
    const { client } = scene();
    const upload = await UploadSession.begin(client, 'busy');
    const raw = await client.raw();
    const head = [`PATCH ${upload.location} HTTP/1.1`, `Host: ${client.host}`, `Authorization: ${client.basic}`];
    await raw.send([...head, 'Content-Length: 20', '', TEXT.slice(0, 8)].join('\r\n'));
    // A chunk that is out of order in any case shows by its refusal whether the other request has begun.
    while (!(await upload.patch('x', '99-99')).body.includes('another request is writing'));
    assert.equal(refusalOf(await upload.patch('x')), '416 BLOB_UPLOAD_INVALID');
    assert.equal(refusalOf(await upload.put(DIGEST)), '416 BLOB_UPLOAD_INVALID');
    assert.equal(refusalOf(await upload.cancel()), '416 BLOB_UPLOAD_INVALID');
    await raw.send(TEXT.slice(8));
    assert.equal((await raw.answer()).status, 202);
    await raw[Symbol.asyncDispose]();
    assert.equal((await upload.put(DIGEST)).status, 201);
  });
});

describe('an upload over a restart', () => {
  const scene = openScene();

  it('goes on where it was', async () => {
    const { seawall, client } = scene();
    const upload = await UploadSession.begin(client, 'restarted');
    await upload.patch(TEXT.slice(0, 7), '0-6');
    await seawall.restart();
    assert.equal(progress(await upload.status()), '204 0-6');
    await upload.patch(TEXT.slice(7, 15));
    await seawall.restart();
    assert.equal(refusalOf(await upload.patch('x', '0-0')), '416 BLOB_UPLOAD_INVALID');
    assert.equal((await upload.put(DIGEST, { body: TEXT.slice(15), range: '15-19' })).status, 201);
    await seawall.restart();
    assert.equal(await pulled(client, 'restarted', DIGEST), TEXT);
    assert.equal(refusalOf(await upload.status()), '404 BLOB_UPLOAD_UNKNOWN');
  });

  it('is hashed anew by another algorithm too', async () => {
    const { seawall, client } = scene();
    const upload = await UploadSession.begin(client, 'restarted', '?digest-algorithm=sha512');
    await upload.patch(TEXT);
    await seawall.restart();
    assert.equal((await upload.put(digestOf(TEXT, 'sha512'))).status, 201);
  });
});

describe('a blob larger than the registry accepts', () => {
  const scene = openScene({ settings: { maxBlobBytes: '1000' } });

  for (const [what, body] of [
    ['of a known length', Buffer.alloc(1001)],
    ['of an unknown length', [Buffer.alloc(600), Buffer.alloc(401)]],
  ] as const)
    it(`${what} is refused with 413`, async () => {
      const upload = await UploadSession.begin(scene().client, 'large');
      assert.equal(refusalOf(await upload.patch(body)), '413 SIZE_INVALID');
    });

  it('is refused when its chunks add up to it, and the largest is taken', async () => {
    const { client } = scene();
    const largest = content(Buffer.alloc(1000));
    const upload = await UploadSession.begin(client, 'large');
    assert.equal((await upload.patch(largest.bytes)).status, 202);
    assert.equal(refusalOf(await upload.patch('x')), '413 SIZE_INVALID');
    assert.equal((await upload.put(largest.digest)).status, 201);
  });
});
