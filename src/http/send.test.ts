import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listenHttp } from '../testkit/http-listener.ts';
import { RawConnection } from '../testkit/raw-connection.ts';
import type { BlobReader } from '../store/port.ts';
import { created, noContent, okBlob, okBytes, okHead, okJson, refuse, type Reply } from './reply.ts';
import { finished, type Sent, send } from './send.ts';

const MIB = 1024 * 1024;

/** A blob in memory that knows whether it was closed, and that was read while open. */
class MemoryBlob implements BlobReader {
  closed = 0;
  readonly size: number;
  readonly #bytes: Buffer;
  readonly #onRead: () => void;

  constructor(bytes: Buffer, size = bytes.length, onRead: () => void = () => undefined) {
    this.#bytes = bytes;
    this.size = size;
    this.#onRead = onRead;
  }

  async read(buffer: Buffer, position: number): Promise<number> {
    assert.equal(this.closed, 0, 'read after it was closed');
    const read = this.#bytes.copy(buffer, 0, position, position + buffer.length);
    await new Promise((resolve) => setImmediate(resolve));
    this.#onRead();
    return read;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed++;
  }
}

/** A server whose every answer is `reply`; `outcomes` has how each went. */
async function answering(reply: (path: string) => Reply) {
  const outcomes: Promise<Sent>[] = [];
  const listener = await listenHttp((request, response) => {
    const outcome = send(response, reply(request.url ?? ''));
    outcome.catch(() => undefined);
    outcomes.push(outcome);
  });
  return { ...listener, outcomes };
}

function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8)) & 0xff;
  return bytes;
}

async function get(reply: Reply, method = 'GET') {
  await using server = await answering(() => reply);
  await using client = await RawConnection.open({ port: server.port });
  await client.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
  const answer = await client.answer({ head: method === 'HEAD' });
  return { ...answer, sent: await server.outcomes[0] };
}

describe('an answer', () => {
  it('with bytes has their length', async () => {
    const { status, headers, body, sent } = await get(okJson({ a: 'é' }));
    assert.deepEqual(
      [status, headers['content-length'], Buffer.from(body, 'latin1').toString()],
      [200, '10', '{"a":"é"}'],
    );
    assert.deepEqual(sent, { bytes: 10, whole: true });
  });

  it('to HEAD has the length that the body would have, and no body', async () => {
    const { headers, body } = await get(okHead({ 'content-length': '12345' }), 'HEAD');
    assert.deepEqual([headers['content-length'], body], ['12345', '']);
  });

  it('that refuses HEAD has no body either', async () => {
    const { status, body } = await get(refuse({ code: 'BLOB_UNKNOWN' }), 'HEAD');
    assert.deepEqual([status, body], [404, '']);
  });

  it('without content says so', async () => {
    assert.equal((await get(noContent())).headers['content-length'], undefined);
    const { status, headers } = await get(created('/v2/a', { link: ['<a>', '<b>'] }));
    assert.deepEqual([status, headers['location'], headers['content-length']], [201, '/v2/a', '0']);
  });

  it('leaves the connection usable for the next', async () => {
    await using server = await answering((path) => okBytes(path, {}));
    await using client = await RawConnection.open(server);
    for (const path of ['/a', '/b', '/c']) {
      await client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      assert.equal((await client.answer()).body, path);
    }
  });
});

describe('a blob', () => {
  for (const size of [0, 1, 256 * 1024, 256 * 1024 + 1, 3 * MIB + 7])
    it(`of ${size} bytes is sent whole and closed`, async () => {
      const bytes = pattern(size);
      const blob = new MemoryBlob(bytes);
      const { status, body, sent } = await get(okBlob(blob, undefined, {}));
      assert.equal(status, 200);
      assert.ok(Buffer.from(body, 'latin1').equals(bytes));
      assert.deepEqual([sent, blob.closed], [{ bytes: size, whole: true }, 1]);
    });

  it('is sent in part, with the positions of the part', async () => {
    const blob = new MemoryBlob(pattern(MIB));
    const range = { start: 300_000, end: 900_000 };
    const { status, headers, body } = await get(okBlob(blob, range, {}));
    assert.deepEqual([status, headers['content-range']], [206, `bytes 300000-900000/${MIB}`]);
    assert.ok(Buffer.from(body, 'latin1').equals(pattern(MIB).subarray(300_000, 900_001)));
    assert.equal(blob.closed, 1);
  });

  it('waits in memory as two buffers at most, however slow its client', async () => {
    const bytes = pattern(32 * MIB);
    const waiting: number[] = [];
    const outcomes: Promise<Sent>[] = [];
    await using server = await listenHttp((request, response) => {
      const blob = new MemoryBlob(bytes, bytes.length, () => waiting.push(request.socket.writableLength));
      outcomes.push(send(response, okBlob(blob, undefined, {})));
    });
    await using client = await RawConnection.open(server);
    client.pause();
    await client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await arrived(waiting, 1);
    await stillness(() => waiting.length);
    client.resume();
    assert.ok(Buffer.from((await client.answer()).body, 'latin1').equals(bytes));
    assert.deepEqual(await outcomes[0], { bytes: bytes.length, whole: true });
    assert.ok(Math.max(...waiting) <= 512 * 1024 + 1024, `${Math.max(...waiting)} bytes waited`);
  });

  it('is closed when the client goes away, which is no error', async () => {
    const blob = new MemoryBlob(pattern(64 * MIB));
    await using server = await answering(() => okBlob(blob, undefined, {}));
    await using client = await RawConnection.open(server);
    await client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    client.pause();
    client.cut();
    const sent = await settled(server.outcomes);
    assert.deepEqual([sent.whole, blob.closed], [false, 1]);
  });

  it('that ends before its size cuts the connection, so that the client sees it, and throws', async () => {
    const blob = new MemoryBlob(pattern(MIB), 2 * MIB);
    await using server = await answering(() => okBlob(blob, undefined, {}));
    await using client = await RawConnection.open(server);
    await client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await assert.rejects(client.answer(), /closed before an answer/);
    await assert.rejects(
      server.outcomes[0] ?? Promise.resolve(),
      /the blob ended at 1048576, 2097152 bytes were promised/,
    );
    assert.equal(blob.closed, 1);
  });

  it('is closed when its headers cannot be sent', async () => {
    const blob = new MemoryBlob(pattern(10));
    await using server = await answering(() => okBlob(blob, undefined, { 'x-bad': 'a\nb' }));
    await using client = await RawConnection.open(server);
    await client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await assert.rejects(settled(server.outcomes), /Invalid character in header/);
    assert.equal(blob.closed, 1);
  });

  it('is sent to several clients at once, to each its own', async () => {
    const bytes = [pattern(MIB), pattern(MIB).fill(7), pattern(MIB).fill(9)];
    await using server = await answering((path) =>
      okBlob(new MemoryBlob(bytes[Number(path.slice(1))] ?? Buffer.alloc(0)), undefined, {}),
    );
    await Promise.all(
      [0, 1, 2, 0, 1, 2].map(async (i) => {
        await using client = await RawConnection.open(server);
        await client.send(`GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`);
        assert.ok(Buffer.from((await client.answer()).body, 'latin1').equals(bytes[i] ?? Buffer.alloc(0)));
      }),
    );
  });
});

describe('the end of an answer', () => {
  it('comes when it was sent, or when the client is gone', async () => {
    const ends: Promise<void>[] = [];
    await using server = await listenHttp((request, response) => {
      if (request.url === '/sent') response.end('a');
      ends.push(finished(response));
    });
    await using client = await RawConnection.open(server);
    await client.send('GET /sent HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.answer({ head: true });
    await ends[0];
    await using other = await RawConnection.open(server);
    await other.send('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
    await arrived(ends, 2);
    other.cut();
    await ends[1];
  });
});

/** The first outcome, once a request has come. */
async function settled(outcomes: readonly Promise<Sent>[]): Promise<Sent> {
  await arrived(outcomes, 1);
  return (await outcomes[0]) ?? { bytes: 0, whole: false };
}

async function arrived(list: readonly unknown[], count: number): Promise<void> {
  while (list.length < count) await new Promise((resolve) => setImmediate(resolve));
}

/** Resolves when a count has not moved for so many turns of the event loop that nothing is going on. */
async function stillness(count: () => number): Promise<void> {
  let last = -1;
  for (let turns = 0; turns < 500; turns = last === count() ? turns + 1 : 0) {
    last = count();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
