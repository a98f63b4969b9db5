import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listenHttp } from '../testkit/http-listener.ts';
import { RawConnection } from '../testkit/raw-connection.ts';
import { type BodyMemory, readBody, readForm } from './incoming.ts';
import { type NodeIncoming, nodeIncoming } from './node-incoming.ts';

/** As much memory as is asked for. */
const ENOUGH: BodyMemory = { hold: () => true, release: () => undefined };

/** A server that handles each request with `handle` and answers what that says, or the name of what it throws. */
async function handling(handle: (incoming: NodeIncoming) => Promise<string>, memory = ENOUGH) {
  const outcomes: Promise<string>[] = [];
  const incomings: NodeIncoming[] = [];
  const listener = await listenHttp((request, response) => {
    const incoming = nodeIncoming(request, response, { path: '/a%20b', query: 'x=1&x=2' }, memory);
    const outcome = handle(incoming).catch((error: Error) => error.name);
    outcomes.push(outcome);
    incomings.push(incoming);
    void outcome.then((text) => response.writeHead(200, { 'content-length': String(text.length) }).end(text));
  });
  return { ...listener, outcomes, incomings };
}

/** Reads at most ten bytes. */
const readTen = async (incoming: NodeIncoming): Promise<string> => {
  const body = await readBody(incoming, 10);
  return body.kind === 'read' ? body.bytes.toString() : `${body.kind} after ${incoming.receivedBytes}`;
};

function post(...headers: readonly string[]): string {
  return ['POST / HTTP/1.1', 'Host: a', ...headers, '', ''].join('\r\n');
}

async function answerTo(request: string, handle = readTen): Promise<string> {
  await using server = await handling(handle);
  await using client = await RawConnection.open(server);
  await client.send(request);
  return (await client.answer()).body;
}

describe('a request as handlers see it', () => {
  it('has the path as it was sent, the query parsed, and the length announced', async () => {
    const describeIt = async ({ method, path, query, contentLength }: NodeIncoming) =>
      JSON.stringify([method, path, query.getAll('x'), contentLength]);
    assert.equal(await answerTo(`${post('Content-Length: 2')}ab`, describeIt), '["POST","/a%20b",["1","2"],2]');
  });

  it('has no length when its body is chunked', async () => {
    const length = async (incoming: NodeIncoming) => String(incoming.contentLength);
    assert.equal(await answerTo(`${post('Transfer-Encoding: chunked')}0\r\n\r\n`, length), 'undefined');
  });
});

describe('a small body', () => {
  it('is read whole', async () =>
    assert.equal(await answerTo(`${post('Content-Length: 10')}0123456789`), '0123456789'));

  it('is read whole from chunks', async () => {
    assert.equal(await answerTo(`${post('Transfer-Encoding: chunked')}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`), 'abcde');
  });

  it('may be absent', async () => assert.equal(await answerTo(post()), ''));

  it('that announces too much is refused unread', async () => {
    assert.equal(await answerTo(`${post('Content-Length: 11')}01234567890`), 'too-large after 0');
  });

  it('that turns out too large is refused', async () => {
    const chunked = `${post('Transfer-Encoding: chunked')}b\r\n01234567890\r\n0\r\n\r\n`;
    assert.equal(await answerTo(chunked), 'too-large after 11');
  });

  it('is refused when its client holds too much, and what it held is given back', async () => {
    let left = 15;
    const memory: BodyMemory = {
      hold: (bytes) => bytes <= left && ((left -= bytes), true),
      release: (bytes) => void (left += bytes),
    };
    await using server = await handling(readTen, memory);
    const first = await RawConnection.open(server);
    await first.send(`${post('Content-Length: 10')}0123456789`);
    assert.equal((await first.answer()).body, '0123456789');
    await using second = await RawConnection.open(server);
    await second.send(`${post('Content-Length: 10')}0123456789`);
    assert.equal((await second.answer()).body, 'crowded after 10');
    assert.equal(left, 5);
    server.incomings[0]?.release();
    assert.equal(left, 15);
    first.cut();
  });

  it('leaves the connection usable when it was read', async () => {
    await using server = await handling(readTen);
    await using client = await RawConnection.open(server);
    for (const text of ['first', 'second']) {
      await client.send(`${post(`Content-Length: ${text.length}`)}${text}`);
      assert.equal((await client.answer()).body, text);
    }
  });

  it('that breaks off is told from one that ended', async () => {
    await using server = await handling(readTen);
    await using client = await RawConnection.open(server);
    await client.send(`${post('Content-Length: 10')}0123`);
    while (server.outcomes.length === 0) await new Promise((resolve) => setImmediate(resolve));
    client.cut();
    assert.equal(await server.outcomes[0], 'broken-off after 4');
  });

  it('that breaks off in a chunk is too', async () => {
    await using server = await handling(readTen);
    await using client = await RawConnection.open(server);
    await client.send(`${post('Transfer-Encoding: chunked')}9\r\n0123`);
    while (server.outcomes.length === 0) await new Promise((resolve) => setImmediate(resolve));
    client.half();
    assert.equal(await server.outcomes[0], 'broken-off after 4');
  });
});

describe('a client that waits for 100 Continue', () => {
  it('gets it when the body is asked for', async () => {
    await using server = await handling(readTen);
    await using client = await RawConnection.open(server);
    await client.send(post('Content-Length: 5', 'Expect: 100-continue'));
    assert.equal((await client.answer()).status, 100);
    await client.send('hello');
    assert.equal((await client.answer()).body, 'hello');
  });

  it('does not get it when the body is refused by its length', async () => {
    await using server = await handling(readTen);
    await using client = await RawConnection.open(server);
    await client.send(post('Content-Length: 11', 'Expect: 100-continue'));
    const answer = await client.answer();
    assert.deepEqual([answer.status, answer.body], [200, 'too-large after 0']);
  });
});

describe('a form', () => {
  const readGrant = async (incoming: NodeIncoming): Promise<string> => {
    const form = await readForm(incoming, 40);
    return 'code' in form ? form.code : String(form.get('grant_type'));
  };

  it('is read by the names of its fields', async () => {
    assert.equal(await answerTo(`${post('Content-Length: 27')}grant_type=a%2Bb+c&service=`, readGrant), 'a+b c');
  });
  it('that is too large is refused', async () => {
    assert.equal(await answerTo(post('Content-Length: 41'), readGrant), 'REQUEST_INVALID');
  });
});
