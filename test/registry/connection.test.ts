import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RawAnswer } from '../../src/testkit/raw-connection.ts';
import { type RegistryClient, refusalOf } from './client.ts';
import { blobPath, content, digestOf, pushBlob, pushImage } from './push.ts';
import { openScene } from './scene.ts';
import { UploadSession } from './upload-session.ts';

const MIB = 1024 * 1024;
const CORRELATION = /^[0-9a-f-]{36}$/;

/** The head of a request, with the host of the client's registry unless `lines` say otherwise. */
function head(line: string, ...lines: readonly string[]): string {
  return [`${line} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

/** Sends one request as it is written and reads its answer. */
async function exchange(client: RegistryClient, text: string, options = {}): Promise<RawAnswer> {
  await using raw = await client.raw(options);
  await raw.send(text);
  return await raw.answer();
}

describe('the host of a request', () => {
  const scene = openScene({ registries: [{ name: 'myregistry', adminUserEnabled: true }, { name: 'other' }] });

  it('may stand in an absolute target, and with any port', async () => {
    const { client } = scene();
    const target = `https://${client.host}/v2/`;
    for (const text of [
      head(`GET ${target}`, `Host: ${client.host}`, `Authorization: ${client.basic}`),
      head('GET /v2/', `Host: ${client.serverName.toUpperCase()}.:1`, `Authorization: ${client.basic}`),
    ])
      assert.equal((await exchange(client, text)).status, 200);
  });

  it('must be there once', async () => {
    const { client } = scene();
    const { serverName } = client;
    const two = [`Host: ${serverName}`, 'Host: other.azurecr.localhost'];
    for (const lines of [two, two.toReversed(), [`Host: ${serverName}`, `Host: ${serverName}`], ['Host:']])
      assert.equal(refusalOf(await exchange(client, head('GET /v2/', ...lines))), '400 UNSUPPORTED');
  });

  it('must be there at all, in HTTP/1.1 and 1.0', async () => {
    const { client } = scene();
    for (const text of [head('GET /v2/'), 'GET /v2/ HTTP/1.0\r\n\r\n']) {
      const answer = await exchange(client, text);
      assert.equal(answer.status, 400);
      assert.match(String(answer.headers['x-ms-correlation-request-id']), CORRELATION);
    }
  });

  it('must be that of the handshake', async () => {
    const { client } = scene();
    const text = head('GET /v2/', `Host: ${client.host}`, `Authorization: ${client.basic}`);
    const answer = await exchange(client, text, { servername: 'other.azurecr.localhost' });
    assert.equal(refusalOf(answer), '421 UNSUPPORTED');
    assert.equal((await exchange(client, text)).status, 200);
  });

  it('must be that of an absolute target', async () => {
    const { client } = scene();
    const answer = await exchange(client, head('GET https://other.azurecr.localhost/v2/', `Host: ${client.host}`));
    assert.equal(refusalOf(answer), '421 UNSUPPORTED');
  });

  it('must be served here', async () => {
    const { client } = scene();
    const lines = ['Host: unknown.azurecr.localhost', `Authorization: ${client.basic}`];
    assert.equal(refusalOf(await exchange(client, head('GET /v2/', ...lines), { plain: true })), '421 UNSUPPORTED');
  });
});

describe('a request that is no HTTP as it should be', () => {
  const scene = openScene();

  for (const [what, text, status] of [
    ['headers beyond 32 KiB', head('GET /v2/', 'Host: a', `X-Large: ${'x'.repeat(40_000)}`), 431],
    ['thousands of headers', head('GET /v2/', 'Host: a', ...Array.from({ length: 4000 }, (_, i) => `X-${i}: y`)), 431],
    [
      'a second Host behind 2,000 headers',
      head('GET /v2/', 'Host: a', ...Array.from({ length: 2000 }, () => 'x: y'), 'Host: b'),
      431,
    ],
    ['a target beyond 32 KiB', head(`GET /v2/${'x'.repeat(40_000)}`, 'Host: a'), 431],
    ['no HTTP at all', 'hello there\r\n\r\n', 400],
    ['a space before the colon of a header', head('GET /v2/', 'Host : a'), 400],
    ['a header folded over lines', head('GET /v2/', 'Host: a', 'X-A: b', '  c'), 400],
    ['both a length and chunks', head('POST /v2/', 'Host: a', 'Content-Length: 5', 'Transfer-Encoding: chunked'), 400],
    ['two lengths', head('POST /v2/', 'Host: a', 'Content-Length: 5', 'Content-Length: 6'), 400],
    ['a length that is no number', head('POST /v2/', 'Host: a', 'Content-Length: -1'), 400],
    ['chunks that are not the last encoding', head('POST /v2/', 'Host: a', 'Transfer-Encoding: chunked, gzip'), 400],
    ['a tunnel', head('CONNECT other:443', 'Host: other:443'), 405],
  ] as const)
    it(`with ${what} is answered ${status} in JSON, and the connection closed`, async () => {
      await using raw = await scene().client.raw();
      await raw.send(text);
      const answer = await raw.answer();
      assert.equal(refusalOf(answer), `${status} UNSUPPORTED`);
      assert.match(String(answer.headers['x-ms-correlation-request-id']), CORRELATION);
      await raw.closed();
    });

  it('that asks for an upgrade is answered as one that does not', async () => {
    const { client } = scene();
    const lines = [`Host: ${client.host}`, `Authorization: ${client.basic}`, 'Connection: Upgrade', 'Upgrade: h2c'];
    assert.equal((await exchange(client, head('GET /v2/', ...lines))).status, 200);
  });

  it('leaves the server serving others', async () => {
    assert.equal((await scene().client.send('GET', '/v2/')).status, 200);
  });
});

describe('Expect: 100-continue', () => {
  const scene = openScene();

  it('on an upload that is refused is not met, and the client can go on by a new connection', async () => {
    const { client } = scene();
    await using raw = await client.raw();
    const lines = [`Host: ${client.host}`, 'Content-Length: 10000000', 'Expect: 100-continue'];
    await raw.send(head(`POST /v2/app/blobs/uploads/?digest=${digestOf('x')}`, ...lines));
    const answer = await raw.answer();
    assert.deepEqual([refusalOf(answer), answer.headers['connection']], ['401 UNAUTHORIZED', 'close']);
    await raw.closed();
    assert.equal(raw.pending, '');
    assert.equal((await client.send('GET', '/v2/')).status, 200);
  });

  it('on an upload to a session that is unknown is not met', async () => {
    const { client } = scene();
    const lines = [
      `Host: ${client.host}`,
      `Authorization: ${client.basic}`,
      'Content-Length: 5',
      'Expect: 100-continue',
    ];
    assert.equal(
      refusalOf(await exchange(client, head('PATCH /v2/app/blobs/uploads/x', ...lines))),
      '404 BLOB_UPLOAD_UNKNOWN',
    );
  });

  it('on an upload that is accepted is met once, and the connection goes on', async () => {
    const { client } = scene();
    await using raw = await client.raw();
    const common = [`Host: ${client.host}`, `Authorization: ${client.basic}`];
    const lines = [...common, 'Content-Length: 5', 'Expect: 100-continue'];
    await raw.send(head(`POST /v2/app/blobs/uploads/?digest=${digestOf('hello')}`, ...lines));
    assert.equal((await raw.answer()).status, 100);
    await raw.send('hello');
    assert.equal((await raw.answer()).status, 201);
    await raw.send(head(`GET ${blobPath('app', digestOf('hello'))}`, ...common));
    assert.equal((await raw.answer()).body, 'hello');
  });

  it('on a request without a body is not met either', async () => {
    const { client } = scene();
    const lines = [`Host: ${client.host}`, `Authorization: ${client.basic}`, 'Expect: 100-continue'];
    assert.equal((await exchange(client, head('GET /v2/', ...lines))).status, 200);
  });

  it('is the only expectation that is known', async () => {
    const { client } = scene();
    const lines = [`Host: ${client.host}`, `Authorization: ${client.basic}`, 'Expect: the-unexpected'];
    assert.equal(refusalOf(await exchange(client, head('GET /v2/', ...lines))), '417 UNSUPPORTED');
  });
});

describe('pipelined requests', () => {
  const scene = openScene();

  it('are answered in their order', async () => {
    const { client } = scene();
    const blobs = Array.from({ length: 8 }, (_, i) => content(Buffer.alloc((8 - i) * 100_000, i)));
    for (const blob of blobs) await pushBlob(client, 'piped', blob);
    await using raw = await client.raw();
    const common = [`Host: ${client.host}`, `Authorization: ${client.basic}`];
    await raw.send(blobs.map(({ digest }) => head(`GET ${blobPath('piped', digest)}`, ...common)).join(''));
    for (const { bytes } of blobs) assert.ok(Buffer.from((await raw.answer()).body, 'latin1').equals(bytes));
  });

  it('do not begin before the one before is answered', async () => {
    const { client } = scene();
    const { manifest } = await pushImage(client, 'piped', 'v1');
    const upload = await UploadSession.begin(client, 'piped');
    await using raw = await client.raw();
    const common = [`Host: ${client.host}`, `Authorization: ${client.basic}`];
    const remove = head(`DELETE /v2/piped/manifests/${manifest.digest}`, ...common);
    await raw.send(`${head(`PATCH ${upload.location}`, ...common, 'Content-Length: 5')}hell`);
    // Node reads on only when the body is complete, so that both arrive in one piece with its last byte.
    await raw.send(`o${remove}${head(`GET /v2/piped/manifests/${manifest.digest}`, ...common)}`);
    assert.equal((await raw.answer()).status, 202);
    assert.equal((await raw.answer()).status, 202);
    assert.equal(refusalOf(await raw.answer()), '404 MANIFEST_UNKNOWN');
  });

  it('write to an upload one behind the other', async () => {
    const { client } = scene();
    const upload = await UploadSession.begin(client, 'piped');
    await using raw = await client.raw();
    const common = [`Host: ${client.host}`, `Authorization: ${client.basic}`];
    const chunk = (text: string, range: string) =>
      `${head(`PATCH ${upload.location}`, ...common, `Content-Range: ${range}`, `Content-Length: ${text.length}`)}${text}`;
    await raw.send(chunk('hello', '0-4') + chunk(' you', '5-8') + chunk('!', '9-9'));
    for (let i = 0; i < 3; i++) assert.equal((await raw.answer()).status, 202);
    assert.equal((await upload.put(digestOf('hello you!'))).status, 201);
  });

  it('behind one whose answer closes the connection are never begun', async () => {
    const { client } = scene();
    const { manifest } = await pushImage(client, 'piped', 'kept');
    const path = `/v2/piped/manifests/${manifest.digest}`;
    const remove = head(`DELETE ${path}`, `Host: ${client.host}`, `Authorization: ${client.basic}`);
    const refused = head(
      'PATCH /v2/piped/blobs/uploads/x',
      `Host: ${client.host}`,
      'Content-Length: 5',
      'Expect: 100-continue',
    );
    for (const body of ['', 'hello']) {
      await using raw = await client.raw();
      await raw.send(refused + body + remove);
      const answer = await raw.answer();
      // Without its body the request eats five bytes of the next, and what is left of that is malformed: either is said.
      assert.ok(body === '' ? [400, 401].includes(answer.status) : answer.status === 401);
      assert.equal(answer.headers['connection'], 'close');
      await raw.closed();
      assert.equal(raw.pending, '');
    }
    assert.equal((await client.send('GET', path)).status, 200);
  });
});

describe('a refused upload', () => {
  const scene = openScene();

  for (const [what, framing] of [
    ['of 10 MB', `Content-Length: ${10 * MIB}`],
    ['of unknown length', 'Transfer-Encoding: chunked'],
  ] as const)
    it(`${what} gets its 401 while it is being sent, and the connection closes`, async () => {
      const { client } = scene();
      await using raw = await client.raw();
      await raw.send(head(`POST /v2/app/blobs/uploads/?digest=${digestOf('x')}`, `Host: ${client.host}`, framing));
      const sending = raw.send(`A00000\r\n${'x'.repeat(10 * MIB)}`);
      const answer = await raw.answer();
      assert.deepEqual([refusalOf(answer), answer.headers['connection']], ['401 UNAUTHORIZED', 'close']);
      await raw.closed();
      await sending;
    });

  it('of 64 KiB leaves the connection usable', async () => {
    const { client } = scene();
    await using raw = await client.raw();
    await raw.send(
      head(`POST /v2/app/blobs/uploads/?digest=${digestOf('x')}`, `Host: ${client.host}`, 'Content-Length: 65536'),
    );
    await raw.send(Buffer.alloc(65_536));
    assert.equal((await raw.answer()).headers['connection'], 'keep-alive');
    await raw.send(head('GET /v2/', `Host: ${client.host}`, `Authorization: ${client.basic}`));
    assert.equal((await raw.answer()).status, 200);
  });
});

describe('plain HTTP from this machine', () => {
  const scene = openScene();

  it('is answered on the same port, with challenges that lead to http', async () => {
    const { client } = scene();
    const refused = await exchange(client, head('GET /v2/', `Host: ${client.host}`), { plain: true });
    assert.equal(refused.status, 401);
    assert.match(String(refused.headers['www-authenticate']), new RegExp(`realm="http://${client.host}/oauth2/token"`));
    const text = head('GET /v2/', `Host: ${client.host}`, `Authorization: ${client.basic}`);
    assert.equal((await exchange(client, text, { plain: true })).status, 200);
  });
});
