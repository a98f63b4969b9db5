import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { listenHttp } from '../testkit/http-listener.ts';
import { RawConnection } from '../testkit/raw-connection.ts';
import { refuse } from './reply.ts';
import { finished, send } from './send.ts';
import { drain, mustClose } from './unread-body.ts';

const KIB = 1024;
/** What the system may hand over beyond the limit before a connection is closed: node reads at most 64 KiB at a time. */
const OVERSHOOT = 3 * 64 * KIB;

/** A server that refuses every request without reading its body; `sockets` are those that connected. */
async function refusing() {
  const sockets: Socket[] = [];
  const listener = await listenHttp((request, response) => {
    if (!sockets.includes(request.socket)) sockets.push(request.socket);
    const headers = mustClose(request) ? { connection: 'close' } : {};
    void (async () => {
      await send(response, refuse({ code: 'UNAUTHORIZED' }, headers));
      await finished(response);
      await drain(request, response);
    })();
  });
  return { ...listener, sockets };
}

function head(...headers: readonly string[]): string {
  return ['PUT /v2/a/blobs/uploads/u HTTP/1.1', 'Host: a', ...headers, '', ''].join('\r\n');
}

describe('a body that nobody reads', () => {
  it('lets the connection go on when it is as long as is drained', async () => {
    await using server = await refusing();
    await using client = await RawConnection.open(server);
    for (let i = 0; i < 3; i++) {
      await client.send(head(`Content-Length: ${64 * KIB}`));
      await client.send(Buffer.alloc(64 * KIB));
      const answer = await client.answer();
      assert.deepEqual([answer.status, answer.headers['connection']], [401, 'keep-alive']);
    }
    assert.equal(server.sockets.length, 1);
  });

  it('closes the connection when it is one byte longer', async () => {
    await using server = await refusing();
    await using client = await RawConnection.open(server);
    await client.send(head(`Content-Length: ${64 * KIB + 1}`));
    const answer = await client.answer();
    assert.deepEqual([answer.status, answer.headers['connection']], [401, 'close']);
    await client.closed();
  });

  it('closes the connection when its length is unknown', async () => {
    await using server = await refusing();
    await using client = await RawConnection.open(server);
    await client.send(`${head('Transfer-Encoding: chunked')}5\r\nhello\r\n`);
    assert.equal((await client.answer()).headers['connection'], 'close');
    await client.closed();
  });

  it('is not asked for: a client that waits for 100 Continue gets none', async () => {
    await using server = await refusing();
    await using client = await RawConnection.open(server);
    await client.send(head('Content-Length: 10', 'Expect: 100-continue'));
    const answer = await client.answer();
    assert.deepEqual([answer.status, answer.headers['connection']], [401, 'close']);
    await client.closed();
    assert.equal(client.pending, '');
  });

  it('is not read beyond the limit, however much is sent', async () => {
    await using server = await refusing();
    await using client = await RawConnection.open(server);
    await client.send(head(`Content-Length: ${10 * KIB * KIB}`));
    await client.send(Buffer.alloc(10 * KIB * KIB));
    await client.closed();
    assert.ok((server.sockets[0]?.bytesRead ?? Infinity) <= 64 * KIB + OVERSHOOT);
  });

  it('does not take the answer from a client that reads while it sends', async () => {
    await using server = await refusing();
    await using client = await RawConnection.open(server);
    await client.send(head(`Content-Length: ${10 * KIB * KIB}`));
    const sending = client.send(Buffer.alloc(10 * KIB * KIB));
    assert.equal((await client.answer()).status, 401);
    await sending;
  });

  it('does not take the answer from a client that reads once it has sent as much as is drained', async () => {
    await using server = await refusing();
    await using client = await RawConnection.open(server);
    client.pause();
    await client.send(head('Transfer-Encoding: chunked'));
    await client.send(`ea60\r\n${'x'.repeat(60_000)}\r\n0\r\n\r\n`);
    client.resume();
    assert.equal((await client.answer()).status, 401);
    await client.closed();
  });

  it('that never comes ends the connection', async () => {
    await using server = await refusing();
    await using client = await RawConnection.open(server);
    await client.send(head('Content-Length: 10'));
    assert.equal((await client.answer()).status, 401);
    await client.closed();
  });
});

describe('a request without a body', () => {
  it('lets the connection go on', async () => {
    await using server = await refusing();
    await using client = await RawConnection.open(server);
    for (let i = 0; i < 3; i++) {
      await client.send('GET /v2/ HTTP/1.1\r\nHost: a\r\n\r\n');
      assert.equal((await client.answer()).headers['connection'], 'keep-alive');
    }
  });
});
