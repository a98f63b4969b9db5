import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Clients } from '../limit/clients.ts';
import { RawConnection } from '../testkit/raw-connection.ts';
import type { RequestHandler } from './http-server.ts';
import { type Listener, listen } from './listener.ts';
import type { QuickAnswer } from './quick-answer.ts';
import type { QuickHandler } from './quick-connection.ts';

const LIMITS = {
  firstByteTimeoutMs: 5000,
  headersTimeoutMs: 5000,
  idleTimeoutMs: 5000,
  keepAliveTimeoutMs: 5000,
  maxConnections: 100,
  minBytesPerSecond: 0,
};
const SHARE = { connections: 100, requests: 100, requestsPerSecond: 0, bodyBytes: 1024 ** 2 };

interface Seen {
  /** The targets of the heads that were read. */
  readonly read: string[];
  /** Whether each answer has gone out. */
  readonly done: boolean[];
}

type Running = Listener & AsyncDisposable & Seen & { readonly port: number };

/** What each request was answered by stands in its answer: `quick` or `node`, and the target. */
async function open(more: Partial<QuickAnswer> = {}, before: () => Promise<void> = async () => {}): Promise<Running> {
  const seen: Seen = { read: [], done: [] };
  const quick: QuickHandler = ({ method, url }) => {
    seen.read.push(url);
    return async () => {
      await before();
      const body = `quick ${url}`;
      const headers = { 'content-length': String(body.length), 'x-several': ['a', 'b'] };
      const own = { name: 'x-own', value: url };
      const done = (whole: boolean) => seen.done.push(whole);
      return { status: 200, headers, own, ...(method === 'GET' && { body }), ...more, done };
    };
  };
  const node: RequestHandler = (request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => response.end(`node ${request.url} ${text}`));
  };
  const listener = await listen({
    name: 'registry',
    address: { host: '127.0.0.1', port: 0 },
    clients: new Clients(SHARE, 100),
    secureContext: () => undefined,
    onEvent: () => undefined,
    limits: LIMITS,
    handlers: { request: node, checkContinue: node, checkExpectation: node, quick },
  });
  return { ...listener, port: listener.address.port, ...seen, [Symbol.asyncDispose]: () => close(listener) };
}

async function close(listener: Listener): Promise<void> {
  await listener.close(0);
}

const get = (path: string, method = 'GET'): string => `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('a quick connection', () => {
  it('answers one plain request after another, and tells when each has gone out', async () => {
    await using server = await open();
    await using raw = await RawConnection.open(server);
    for (const path of ['/v2/a', '/v2/a', '/v2/b']) {
      await raw.send(get(path));
      const { status, headers, body } = await raw.answer();
      assert.deepEqual([status, headers['connection'], body], [200, 'keep-alive', `quick ${path}`]);
      assert.match(headers['date'] ?? '', / GMT$/);
      assert.equal(headers['keep-alive'], 'timeout=5');
    }
    assert.deepEqual(server.done, [true, true, true]);
  });

  it('reads a head once for as often as it comes again, and each other one', async () => {
    await using server = await open();
    await using raw = await RawConnection.open(server);
    for (const [path, method] of [['/v2/a'], ['/v2/a'], ['/v2/a'], ['/v2/b'], ['/v2/b', 'HEAD'], ['/v2/a']] as const) {
      await raw.send(get(path, method));
      const { headers, body } = await raw.answer({ head: method === 'HEAD' });
      assert.deepEqual([headers['x-own'], body], [path, method === 'HEAD' ? '' : `quick ${path}`]);
    }
    assert.deepEqual(server.read, ['/v2/a', '/v2/b', '/v2/b', '/v2/a']);
  });

  it('sends HEAD the head alone', async () => {
    await using server = await open();
    await using raw = await RawConnection.open(server);
    await raw.send(get('/v2/a', 'HEAD'));
    assert.equal((await raw.answer({ head: true })).headers['content-length'], '11');
    await raw.send(get('/v2/b'));
    assert.equal((await raw.answer()).body, 'quick /v2/b');
  });

  it('is handed over with its first request that is not plain, byte for byte, and stays there', async () => {
    await using server = await open();
    await using raw = await RawConnection.open(server);
    await raw.send(get('/v2/a'));
    assert.equal((await raw.answer()).body, 'quick /v2/a');
    await raw.send(post('/v2/b', 'hello'));
    assert.equal((await raw.answer()).body, 'node /v2/b hello');
    await raw.send(get('/v2/c'));
    assert.equal((await raw.answer()).body, 'node /v2/c ');
  });

  it('is handed over with half a head', async () => {
    await using server = await open();
    await using raw = await RawConnection.open(server);
    const request = get('/v2/a');
    await raw.send(request.slice(0, 9));
    await new Promise((resolve) => setImmediate(resolve));
    await raw.send(request.slice(9));
    assert.match((await raw.answer()).body, /\/v2\/a/);
  });

  it('answers in their order what came before the answer to the first', async () => {
    const gate = Promise.withResolvers<void>();
    await using server = await open({}, () => gate.promise);
    await using raw = await RawConnection.open(server);
    await raw.send(get('/v2/a'));
    await raw.send(get('/v2/b'));
    await raw.send(post('/v2/c', 'x') + get('/v2/d'));
    gate.resolve();
    const bodies = [];
    for (let i = 0; i < 4; i += 1) bodies.push((await raw.answer()).body.replace(/^\w+ /, '').trim());
    assert.deepEqual(bodies, ['/v2/a', '/v2/b', '/v2/c x', '/v2/d']);
  });

  it('sends nothing when a header cannot be sent, and ends', async () => {
    await using server = await open({ headers: { 'x-bad': 'a\r\nb: c' } });
    await using raw = await RawConnection.open(server);
    await raw.send(get('/v2/a'));
    await raw.closed();
    assert.equal(raw.pending, '');
    assert.deepEqual(server.done, [false]);
  });

  it('ends with its answer under way when the listener closes, and at once when it is idle', async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    await using server = await open({}, () => {
      begun.resolve();
      return gate.promise;
    });
    await using busy = await RawConnection.open(server);
    await busy.send(get('/v2/a'));
    await begun.promise;
    const closing = server.close(5000);
    gate.resolve();
    assert.equal((await busy.answer()).headers['connection'], 'close');
    await busy.closed();
    assert.deepEqual(await closing, { cut: 0 });
  });

  it('tells of an answer that its client did not wait for', async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const server = await open({}, () => {
      begun.resolve();
      return gate.promise;
    });
    const raw = await RawConnection.open(server);
    await raw.send(get('/v2/a'));
    await begun.promise;
    raw.cut();
    await server.close(0);
    gate.resolve();
    while (server.done.length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(server.done, [false]);
  });
});
