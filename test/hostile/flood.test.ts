import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { basicOf } from '../../src/testkit/login.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { ask, head, open, statusOf, untilEnded, untilSent } from './raw.ts';

const MIB = 1024 ** 2;
/** Both ends of each connection are in this process; 10,000 need a limit of 20,500 open files. */
const CONNECTIONS = Number(process.env['FLOOD_CONNECTIONS'] ?? 3000);
const SHARE = Math.ceil(CONNECTIONS * 0.8);
/** For both ends of one idle connection, in bytes; measured: 20 KiB. */
const MOST_PER_CONNECTION = 64 * 1024;

function own(seawall: TestSeawall): Record<string, string> {
  const authorization = basicOf(seawall.admin('myregistry'));
  return { host: seawall.host('myregistry'), authorization };
}

/** Opens many connections, a hundred at a time, and keeps those that the server lets stand. */
async function crowd(port: number, from: string, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i += 100)
    await Promise.all(
      Array.from({ length: Math.min(100, count - i) }, () => {
        const socket = open({ port, from });
        sockets.push(socket);
        return new Promise<void>((resolve) => {
          socket.once('connect', resolve).once('close', () => resolve());
        });
      }),
    );
  return sockets;
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

describe('thousands of connections that ask nothing', () => {
  it(`(${CONNECTIONS} of one address) cost little memory, stop at its share, and others come in`, async (t) => {
    await using seawall = await startSeawall({
      settings: { clientConnections: String(SHARE), firstByteTimeoutMs: '60000' },
    });
    const way = { port: seawall.listenPort };
    assert.equal(statusOf(await ask({ ...way, from: '127.0.6.2' }, 'GET /v2/', own(seawall))), '200');
    const before = process.memoryUsage().rss;
    const sockets = await crowd(seawall.listenPort, '127.0.6.1', CONNECTIONS);
    assert.equal(statusOf(await ask({ ...way, from: '127.0.6.1' }, 'GET /v2/', own(seawall))), 'cut');
    assert.equal(statusOf(await ask({ ...way, from: '127.0.6.2' }, 'GET /v2/', own(seawall))), '200');
    const grown = process.memoryUsage().rss - before;
    t.diagnostic(`${SHARE} connections, both ends: ${Math.round(grown / MIB)} MiB`);
    assert.ok(grown < CONNECTIONS * MOST_PER_CONNECTION);
    const standing = sockets.filter(({ destroyed }) => !destroyed).length;
    assert.ok(standing <= SHARE, `${standing} of one address stand`);
    const gone = Promise.all(sockets.map((one) => closed(one)));
    for (const socket of sockets) socket.destroy();
    await gone;
    assert.equal(statusOf(await ask({ ...way, from: '127.0.6.1' }, 'GET /v2/', own(seawall))), '200');
  });

  it('of many addresses fill the listener, and who comes anew is served all the same', async () => {
    await using seawall = await startSeawall({ settings: { maxConnections: '300', firstByteTimeoutMs: '60000' } });
    const sockets: Socket[] = [];
    for (let i = 1; i <= 5; i++) sockets.push(...(await crowd(seawall.listenPort, `127.0.7.${i}`, 100)));
    for (let i = 0; i < 20; i++)
      assert.equal(
        statusOf(await ask({ port: seawall.listenPort, from: '127.0.8.1' }, 'GET /v2/', own(seawall))),
        '200',
      );
    for (const socket of sockets) socket.destroy();
  });
});

describe('one connection that asks all at once', () => {
  it('is answered in order, and cut when more requests wait than may', async () => {
    await using seawall = await startSeawall();
    const way = { port: seawall.listenPort };
    const socket = open(way);
    const answers = untilEnded(socket);
    socket.write(
      head('GET /v2/', own(seawall)).repeat(20) + head('GET /v2/', { ...own(seawall), connection: 'close' }),
    );
    assert.equal((await answers).match(/HTTP\/1\.1 200/g)?.length, 21);
    const flood = open(way);
    const cut = untilEnded(flood);
    flood.write(head('GET /v2/', own(seawall)).repeat(5000));
    assert.ok(((await cut).match(/HTTP\/1\.1 200/g)?.length ?? 0) < 5000);
    assert.equal(statusOf(await ask(way, 'GET /v2/', own(seawall))), '200');
  });

  it('with headers by the thousand is refused, each beside one that is let in', async () => {
    await using seawall = await startSeawall();
    const way = { port: seawall.listenPort };
    const many = (count: number, size: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'y'.repeat(size)]));
    for (const [count, size, status] of [
      [900, 1, '200'],
      [1100, 1, '431'],
      [10, 2000, '200'],
      [10, 4000, '431'],
      [1, 30_000, '200'],
      [1, 33_000, '431'],
    ] as const)
      assert.equal(
        statusOf(await ask(way, 'GET /v2/', { ...own(seawall), ...many(count, size) })),
        status,
        `${count} × ${size}`,
      );
  });
});

describe('bodies that are held in memory', () => {
  it('are bounded for one address, which is told 429, while another puts its manifest', async () => {
    await using seawall = await startSeawall({ settings: { clientBodyBytes: String(8 * MIB) } });
    const way = (from: string) => ({ port: seawall.listenPort, from });
    const headers = { ...own(seawall), 'content-type': 'application/vnd.oci.image.index.v1+json' };
    const begin = (): Socket => {
      const socket = open(way('127.0.9.1'));
      socket.write(head('PUT /v2/a/manifests/x', { ...headers, 'content-length': String(4 * MIB) }));
      socket.write(Buffer.alloc(3 * MIB, 'x'));
      return socket;
    };
    // Two fit into 8 MiB; of three the one that comes over it is refused while the others wait for their end.
    const sockets = [begin(), begin(), begin()];
    const refused = await Promise.any(sockets.map((socket) => untilSent(socket, /^HTTP\/1\.1 \d/)));
    assert.equal(statusOf(refused), '429');
    assert.match(refused, /retry-after: 1\r/i);
    assert.match(refused, /"code":"TOOMANYREQUESTS"/);
    const manifest = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}';
    assert.equal(statusOf(await ask(way('127.0.9.2'), 'PUT /v2/a/manifests/x', headers, manifest)), '201');
    for (const socket of sockets) socket.destroy();
  });
});
