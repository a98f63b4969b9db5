import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { RegistryClient } from '../registry/client.ts';
import { content, pushBlob } from '../registry/push.ts';
import { ask, head, headerOf, open, statusOf, untilEnded, untilSent } from './raw.ts';

const SETTINGS = {
  firstByteTimeoutMs: '400',
  headersTimeoutMs: '800',
  idleTimeoutMs: '800',
  minBytesPerSecond: '2000',
};
const MIB = 1024 ** 2;

describe('a client that is slow on purpose', { timeout: 120_000 }, () => {
  let seawall: TestSeawall;
  let way: { port: number };
  let own: Record<string, string>;
  before(async () => {
    seawall = await startSeawall({ settings: SETTINGS });
    way = { port: seawall.listenPort };
    const { username, password } = seawall.admin('myregistry');
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    own = { host: seawall.host('myregistry'), authorization };
  });
  after(() => seawall.close());

  /** Sends a text a byte at a time until it is cut, and what came back. */
  const drip = async (text: string, everyMs = 50): Promise<string> => {
    const socket = open(way);
    const answer = untilEnded(socket);
    let at = 0;
    const timer = setInterval(() => socket.write(text.charAt(at++ % text.length)), everyMs);
    const all = await answer;
    clearInterval(timer);
    return all;
  };
  const serves = async (): Promise<void> => assert.equal(statusOf(await ask(way, 'GET /v2/', own)), '200');

  it('with the head of its request is told 408, and a fast one beside it is answered', async () => {
    const slow = drip(head('GET /v2/', { ...own, 'x-padding': 'x'.repeat(1000) }));
    await serves();
    assert.match(await slow, /^HTTP\/1\.1 408/);
    await serves();
  });

  it('with the handshake of TLS is cut', async () => {
    assert.equal(await drip('\u0016\u0003\u0001\u0002\u0000\u0001'), '');
    await serves();
  });

  it('with nothing at all is cut', async () => {
    assert.equal(await untilEnded(open(way)), '');
    await serves();
  });

  for (const [what, line, headers] of [
    ['a manifest', 'PUT /v2/a/manifests/x', { 'content-length': '4000000', 'content-type': 'application/json' }],
    ['a form', 'POST /oauth2/token', { 'content-length': '60000' }],
    ['a layer', 'POST /v2/a/blobs/uploads/?digest=sha256:0', { 'content-length': '60000' }],
    ['a body in chunks', 'PUT /v2/a/manifests/x', { 'transfer-encoding': 'chunked', 'content-type': 'a/b' }],
  ] as const)
    it(`with ${what} is cut, though it never stands still`, async () => {
      const socket = open(way);
      const ended = untilEnded(socket);
      socket.write(head(line, { ...own, ...headers }));
      const timer = setInterval(() => socket.write('transfer-encoding' in headers ? '1\r\nx\r\n' : 'x'), 50);
      const other = serves();
      assert.doesNotMatch(await ended, /^HTTP\/1\.1 2/);
      clearInterval(timer);
      await other;
    });

  it('with reading a layer is cut, and whoever reads it is sent all of it', async () => {
    const client = await RegistryClient.of(seawall, 'myregistry');
    const layer = content(randomBytes(32 * MIB));
    await pushBlob(client, 'a', layer);
    const { digest, bytes } = layer;
    const socket: Socket = open(way);
    socket.write(head(`GET /v2/a/blobs/${digest}`, own));
    await untilSent(socket, /^HTTP\/1\.1 200/);
    socket.pause();
    const whole = await client.send('GET', `/v2/a/blobs/${digest}`);
    assert.equal(Buffer.compare(whole.body, bytes), 0);
    // It has stopped reading, so it cannot see its end: the server's side is gone when it asks again.
    socket.resume();
    const rest = await untilEnded(socket);
    assert.ok(rest.length < bytes.length);
    client[Symbol.dispose]();
  });

  it('that asks byte by byte for what it may have gets it, if it is fast enough', async () => {
    const text = head('GET /v2/', { ...own, connection: 'close' });
    const socket = open(way);
    const answer = untilEnded(socket);
    for (const byte of text) socket.write(byte);
    assert.equal(statusOf(await answer), '200');
    assert.ok(headerOf(await answer, 'x-ms-correlation-request-id'));
  });
});
