import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { testCertificate } from '../connection/certificate.fixture.ts';
import { listenHttp } from '../testkit/http-listener.ts';
import { RawConnection } from '../testkit/raw-connection.ts';
import { readDirectly } from './direct-body.ts';
import { readInto } from './socket-reads.ts';

const MIB = 1024 * 1024;

/** Reads a body directly where that can be, and says so; gives each chunk back once `done` with it. */
async function readWith(request: IncomingMessage, done: (bytes: number) => Promise<void>): Promise<string> {
  const length = Number(request.headers['content-length'] ?? 0);
  await setImmediate();
  const direct = readDirectly(request, length);
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of direct ?? request) {
      hash.update(chunk);
      size += chunk.length;
      await done(size);
      (chunk as Uint8Array).fill(0);
      direct?.recycle?.([chunk]);
    }
  } catch (error) {
    return `${String(error)} after ${size}`;
  }
  return `${direct === undefined ? 'node' : 'direct'} ${size} ${hash.digest('hex')}`;
}

async function open(done: (bytes: number) => Promise<void> = async () => undefined) {
  const outcomes: string[] = [];
  const listener = await listenHttp((request, response) => {
    void readWith(request, done).then((outcome) => {
      outcomes.push(outcome);
      response.end(outcome);
    });
  });
  return { ...listener, outcomes };
}

const head = (length: number, ...more: readonly string[]): string =>
  ['PATCH /x HTTP/1.1', 'Host: a', `Content-Length: ${length}`, ...more, '', ''].join('\r\n');
const said = (how: string, bytes: Buffer): string =>
  `${how} ${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`;
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const NOTHING = said('node', Buffer.alloc(0));

describe('a large body', () => {
  it('is read past node:http, and the connection goes on as after any other', async () => {
    await using server = await open();
    await using client = await RawConnection.open(server);
    for (const size of [5 * MIB, 512 * 1024, 3 * MIB + 7]) {
      const bytes = randomBytes(size);
      await client.send(head(size));
      await client.send(bytes);
      assert.equal((await client.answer()).body, said('direct', bytes));
      await client.send(GET);
      assert.equal((await client.answer()).body, NOTHING);
    }
  });

  it('is the same however it is cut, and so is what follows it at once', async () => {
    await using server = await open();
    await using client = await RawConnection.open(server);
    for (const cut of [1, 100_000, 700_001]) {
      const bytes = randomBytes(2 * MIB);
      const all = Buffer.concat([Buffer.from(head(bytes.length)), bytes, Buffer.from(GET)]);
      for (let at = 0; at < all.length; at += at < 20 ? 1 : cut * 997)
        await client.send(all.subarray(at, at < 20 ? at + 1 : at + cut * 997));
      assert.equal((await client.answer()).body, said('direct', bytes));
      assert.equal((await client.answer()).body, NOTHING);
    }
  });

  it('keeps its client waiting while its memory is in use, and goes on when that is given back', async () => {
    const gate = Promise.withResolvers<void>();
    const full = Promise.withResolvers<void>();
    let first = true;
    await using server = await open(async () => {
      if (!first) return;
      first = false;
      full.resolve();
      await gate.promise;
    });
    await using client = await RawConnection.open(server);
    const bytes = randomBytes(24 * MIB);
    await client.send(head(bytes.length));
    let sent = false;
    const sending = client.send(bytes).then(() => (sent = true));
    await full.promise;
    assert.equal(sent, false);
    gate.resolve();
    await sending;
    assert.equal((await client.answer()).body, said('direct', bytes));
  });

  it('that breaks off gives what came of it before it says so', async () => {
    const came = Promise.withResolvers<void>();
    await using server = await open(async (bytes) => {
      if (bytes > MIB / 2) came.resolve();
    });
    const client = await RawConnection.open(server);
    await client.send(head(8 * MIB));
    await client.send(randomBytes(MIB + 5));
    await came.promise;
    client.cut();
    await client.closed();
    while (server.outcomes.length === 0) await setImmediate();
    assert.match(server.outcomes[0] ?? '', /^BodyAbortedError: .* after 1048581$/);
  });

  it('that nobody reads to its end is left to node:http from there on', async () => {
    const rest = Promise.withResolvers<number>();
    const readHalf = async (request: IncomingMessage): Promise<number> => {
      await setImmediate();
      const direct = readDirectly(request, 2 * MIB);
      assert.ok(direct);
      let size = 0;
      for await (const chunk of direct) {
        size += chunk.length;
        direct.recycle?.([chunk]);
        if (size > MIB) break;
      }
      for await (const chunk of request) size += (chunk as Buffer).length;
      return size;
    };
    await using server = await listenHttp((request, response) => {
      if (request.method === 'GET') return void response.end('next');
      void readHalf(request).then((size) => {
        rest.resolve(size);
        response.end('done');
      });
    });
    await using client = await RawConnection.open(server);
    await client.send(head(2 * MIB));
    await client.send(Buffer.concat([randomBytes(2 * MIB), Buffer.from(GET)]));
    // What was read and not asked for is dropped with the reading.
    assert.ok((await rest.promise) <= 2 * MIB);
    assert.equal((await client.answer()).body, 'done');
    assert.equal((await client.answer()).body, 'next');
  });

  it('is read so over TLS, too', async () => {
    const { cert, key } = await testCertificate('a.test');
    const outcome = Promise.withResolvers<string>();
    const server = createServer({ cert, key }, (request, response) => {
      void readWith(request, async () => undefined).then((text) => {
        outcome.resolve(text);
        response.end(text);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using client = await RawConnection.open({ port, tls: { ca: cert, servername: 'a.test' } });
    const bytes = randomBytes(5 * MIB);
    await client.send(head(bytes.length));
    await client.send(bytes);
    assert.equal(await outcome.promise, said('direct', bytes));
    server.close();
  });

  const left: readonly (readonly [what: string, request: string, body: Buffer])[] = [
    ['is short', head(1000), randomBytes(1000)],
    ['waits for 100 Continue', head(MIB, 'Expect: 100-continue'), Buffer.alloc(0)],
    ['comes in chunks', 'PATCH /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', Buffer.alloc(0)],
  ];
  for (const [what, request, body] of left)
    it(`that ${what} is read as ever`, async () => {
      const direct = Promise.withResolvers<unknown>();
      await using server = await listenHttp((incoming, response) => {
        direct.resolve(readDirectly(incoming, Number(incoming.headers['content-length'] ?? 0)));
        response.writeHead(200, { connection: 'close' }).end();
      });
      await using client = await RawConnection.open(server);
      await client.send(Buffer.concat([Buffer.from(request), body]));
      assert.equal(await direct.promise, undefined);
    });

  it('is read as ever where a socket has nothing of what that needs', () => {
    const target = { memory: () => undefined, read: () => undefined, readElsewhere: (bytes: Uint8Array) => bytes };
    assert.equal(readInto(new Socket(), target), undefined);
  });
});
