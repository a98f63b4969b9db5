import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { askControl } from '../../src/testkit/control-client.ts';
import { basicOf } from '../../src/testkit/login.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { RegistryClient } from '../registry/client.ts';
import { content, type Content, pushBlob } from '../registry/push.ts';
import { ask, head, open, statusOf, untilEnded } from './raw.ts';

const MIB = 1024 ** 2;
/** A client of a byte a second is cut within three of them. */
const SETTINGS = { headersTimeoutMs: '3000', idleTimeoutMs: '3000', minBytesPerSecond: '240' };
const EVERY_MS = 1000;
const READERS = 40;
/** What the readers may have together, both ends in this process, in bytes: of 40 × 32 MiB that they ask for. */
const MOST_GROWN = 96 * MIB;

describe('a client of one byte a second', { timeout: 180_000 }, () => {
  let seawall: TestSeawall;
  let way: { port: number };
  let own: Record<string, string>;
  let layer: Content;
  let ca: Buffer;
  before(async () => {
    seawall = await startSeawall({ settings: SETTINGS });
    way = { port: seawall.listenPort };
    ca = await readFile(seawall.ca);
    const authorization = basicOf(seawall.admin('myregistry'));
    own = { host: seawall.host('myregistry'), authorization };
    layer = content(randomBytes(32 * MIB));
    using client = await RegistryClient.of(seawall, 'myregistry');
    await pushBlob(client, 'a', layer);
  });
  after(() => seawall.close());

  const underWay = async (): Promise<number> => {
    const { text } = await askControl(seawall, 'GET', '/metrics');
    return Number(/^seawall_http_requests_in_flight\{listener="registry"\} (\d+)/m.exec(text)?.[1] ?? NaN);
  };
  /** Asks, as often as an answer comes, until so many requests are under way. */
  const untilUnderWay = async (count: number): Promise<void> => {
    while ((await underWay()) !== count);
  };
  const openTls = (): Socket =>
    connectTls({ ...way, ca, servername: seawall.host('myregistry').replace(/:\d+$/, '') }).on(
      'error',
      () => undefined,
    );

  /** Reads a byte a second of what it asked for, for as long as it is let. */
  const read = (socket: Socket): { readonly bytes: () => number; readonly stop: () => void } => {
    let bytes = 0;
    socket.pause();
    socket.write(head(`GET /v2/a/blobs/${layer.digest}`, own));
    const timer = setInterval(() => (bytes += socket.read(1) === null ? 0 : 1), EVERY_MS);
    const stop = (): void => {
      clearInterval(timer);
      socket.destroy();
    };
    return { bytes: () => bytes, stop };
  };

  for (const [how, start] of [
    ['plain', () => open(way)],
    ['over TLS', openTls],
  ] as const)
    it(`that reads a layer (${how}) holds little memory, keeps nobody waiting, and is cut`, async (t) => {
      const before = process.memoryUsage().rss;
      const readers = Array.from({ length: READERS }, () => read(start()));
      await untilUnderWay(READERS);
      using client = await RegistryClient.of(seawall, 'myregistry');
      const whole = await client.send('GET', `/v2/a/blobs/${layer.digest}`);
      assert.equal(Buffer.compare(whole.body, layer.bytes), 0);
      const grown = process.memoryUsage().rss - before;
      t.diagnostic(`${READERS} readers, both ends, and one that read all: ${Math.round(grown / MIB)} MiB`);
      assert.ok(grown < MOST_GROWN, `${grown} bytes`);
      await untilUnderWay(0);
      for (const { bytes, stop } of readers) {
        assert.ok(bytes() < 100);
        stop();
      }
    });

  it('that sends its head is told 408, having sent no more than a few bytes', async () => {
    const socket = open(way);
    const answer = untilEnded(socket);
    const text = head('GET /v2/', own);
    let at = 0;
    const timer = setInterval(() => socket.write(text.charAt(at++)), EVERY_MS);
    assert.equal(statusOf(await ask(way, 'GET /v2/', own)), '200');
    assert.match(await answer, /^HTTP\/1\.1 408/);
    clearInterval(timer);
    assert.ok(at < 20);
  });

  it('that sends a layer is cut, and what it sent is no blob', async () => {
    const { digest } = content('never sent whole');
    const socket = open(way);
    const answer = untilEnded(socket);
    socket.write(head(`POST /v2/a/blobs/uploads/?digest=${digest}`, { ...own, 'content-length': '16' }));
    const timer = setInterval(() => socket.write('x'), EVERY_MS);
    assert.equal(statusOf(await ask(way, 'GET /v2/', own)), '200');
    assert.doesNotMatch(await answer, /^HTTP\/1\.1 2/);
    clearInterval(timer);
    assert.equal(statusOf(await ask(way, `HEAD /v2/a/blobs/${digest}`, own)), '404');
  });
});
