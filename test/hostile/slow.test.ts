import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { basicOf } from '../../src/testkit/login.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { ask, head, headerOf, open, statusOf, untilEnded, untilSent } from './raw.ts';

const SETTINGS = {
  firstByteTimeoutMs: '400',
  headersTimeoutMs: '800',
  // What waits for its next request is in nobody's way here.
  keepAliveTimeoutMs: '3600000',
  idleTimeoutMs: '800',
  minBytesPerSecond: '2000',
};

describe('a client that is slow on purpose', { timeout: 120_000 }, () => {
  let seawall: TestSeawall;
  let way: { port: number };
  let own: Record<string, string>;
  before(async () => {
    seawall = await startSeawall({ settings: SETTINGS });
    way = { port: seawall.listenPort };
    const authorization = basicOf(seawall.admin('myregistry'));
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

  it('with its first request is cut, and whoever had an answer may wait longer for the next', async () => {
    const hello = async (): Promise<Socket> => {
      const ca = await readFile(seawall.ca);
      const servername = (own['host'] ?? '').replace(/:\d+$/, '');
      const socket = connectTls({ ...way, ca, servername }).on('error', () => undefined);
      await once(socket, 'secureConnect');
      return socket;
    };
    const waiting = await hello();
    waiting.write(head('GET /v2/', own));
    await untilSent(waiting, /^HTTP\/1\.1 200/);
    assert.equal(await untilEnded(await hello()), '');
    const answer = untilSent(waiting, /^HTTP\/1\.1 200/);
    waiting.write(head('GET /v2/', own));
    await answer;
    waiting.destroy();
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

  it('that asks byte by byte for what it may have gets it, if it is fast enough', async () => {
    const text = head('GET /v2/', { ...own, connection: 'close' });
    const socket = open(way);
    const answer = untilEnded(socket);
    for (const byte of text) socket.write(byte);
    assert.equal(statusOf(await answer), '200');
    assert.ok(headerOf(await answer, 'x-ms-correlation-request-id'));
  });
});
