import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, request as plainRequest } from 'node:http';
import { Agent, request as tlsRequest } from 'node:https';
import { type Socket, connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { before, describe, it } from 'node:test';
import { type SecureContext, connect as tlsConnect, createSecureContext } from 'node:tls';
import { Clients } from '../limit/clients.ts';
import type { LogEvent } from '../telemetry/event.ts';
import { type TestCertificate, testCertificate } from './certificate.fixture.ts';
import { connectionFacts } from './facts.ts';
import type { HttpHandlers, RequestHandler } from './http-server.ts';
import { type Listener, type ListenerOptions, listen } from './listener.ts';

let a: TestCertificate;
let b: TestCertificate;
before(async () => {
  a = await testCertificate('a.test');
  b = await testCertificate('b.test');
});

const LIMITS = {
  firstByteTimeoutMs: 5000,
  headersTimeoutMs: 5000,
  idleTimeoutMs: 5000,
  keepAliveTimeoutMs: 5000,
  maxConnections: 100,
  minBytesPerSecond: 0,
};
const SHARE = { connections: 100, requests: 100, requestsPerSecond: 0, bodyBytes: 1024 ** 2 };

const answerFacts: RequestHandler = (request, response) => {
  const { scheme, serverName, remoteAddress, remotePort } = connectionFacts(request.socket);
  response.end(JSON.stringify({ scheme, serverName, remoteAddress, remotePort, url: request.url }));
};

type Given = Partial<Omit<ListenerOptions, 'handlers' | 'limits'>> & {
  readonly handlers?: Partial<HttpHandlers>;
  readonly limits?: Partial<ListenerOptions['limits']>;
};
type Running = Listener & { readonly events: readonly LogEvent[]; readonly port: number };

/** Runs `use` with a listener on a free port and closes it. */
async function withListener(given: Given, use: (listener: Running) => Promise<void>): Promise<void> {
  const events: LogEvent[] = [];
  const contexts = new Map<string | undefined, SecureContext>([
    [undefined, createSecureContext(a)],
    ['a.test', createSecureContext(a)],
    ['b.test', createSecureContext(b)],
  ]);
  const listener = await listen({
    name: 'registry',
    address: { host: '127.0.0.1', port: 0 },
    clients: new Clients(SHARE, 100),
    secureContext: (name) => contexts.get(name),
    onEvent: (event) => events.push(event),
    ...given,
    limits: { ...LIMITS, ...given.limits },
    handlers: { request: answerFacts, checkContinue: answerFacts, checkExpectation: answerFacts, ...given.handlers },
  });
  try {
    await use({ ...listener, events, port: listener.address.port });
  } finally {
    await listener.close(0);
  }
}

/** Sends bytes on a connection of its own and reads until the server ends it. */
async function raw(port: number, text: string | Buffer, host = '127.0.0.1'): Promise<string> {
  const socket = connect(port, host);
  socket.on('error', () => undefined);
  socket.write(text);
  return readToEnd(socket);
}

async function readToEnd(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  // Not by `once`, to which a reset is an error.
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return text;
}

/** One GET over TLS; the agent decides whether its connection is used again. */
async function get(port: number, { name = 'a.test', agent }: { name?: string; agent?: Agent } = {}): Promise<string> {
  const trusted = name === 'b.test' ? b.cert : a.cert;
  const request = tlsRequest({ port, host: '127.0.0.1', servername: name, ca: trusted, agent, path: '/x' });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return bodyOf(response);
}

describe('the first byte decides', () => {
  it('TLS is served with the certificate of the name asked for, and its facts are kept', async () => {
    await withListener({}, async ({ port }) => {
      const facts: unknown = JSON.parse(await get(port, { name: 'b.test' }));
      assert.ok(typeof facts === 'object' && facts !== null && 'remotePort' in facts);
      const { remotePort, ...rest } = facts;
      assert.equal(typeof remotePort, 'number');
      assert.deepEqual(rest, { scheme: 'https', serverName: 'b.test', remoteAddress: '127.0.0.1', url: '/x' });
    });
  });

  it('plain HTTP is served between loopback addresses', async () => {
    await withListener({}, async ({ port }) => {
      const text = await raw(port, 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
      assert.match(text, /^HTTP\/1\.1 200 OK/);
      assert.match(text, /"scheme":"http","remoteAddress":"127\.0\.0\.1"/);
    });
  });

  it('plain HTTP to an address of the network is told to use https', async (t) => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
    if (outside === undefined) return t.skip('this machine has no address but loopback');
    await withListener({ address: { host: '0.0.0.0', port: 0 } }, async ({ port }) => {
      const text = await raw(port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n', outside);
      assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\ncontent-type: text\/plain/);
      assert.match(text, /write https:\/\/ in place of http:\/\//);
    });
  });

  it('an IPv4 client of a dual-stack listener is IPv4, and loopback', async () => {
    await withListener({ address: { host: '::', port: 0 } }, async ({ port }) => {
      const text = await raw(port, 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
      assert.match(text, /"remoteAddress":"127\.0\.0\.1"/);
    });
  });

  it('a client that sends nothing is cut', async () => {
    await withListener({ limits: { firstByteTimeoutMs: 20 } }, async ({ port }) =>
      assert.equal(await raw(port, ''), ''),
    );
  });

  it('a handshake that stops half-way is cut', async () => {
    await withListener({ limits: { firstByteTimeoutMs: 20 } }, async ({ port }) => {
      await raw(port, Buffer.from([0x16, 3, 1, 2, 0, 1]));
    });
  });

  it('garbage that looks like TLS is refused and logged, and the listener goes on', async () => {
    await withListener({}, async ({ port, events }) => {
      await raw(port, Buffer.from([0x16, 3, 1, 0, 5, 9, 9, 9, 9, 9]));
      assert.equal(events[0]?.event, 'connection-failed');
      assert.match(await get(port), /"url":"\/x"/);
    });
  });

  it('a server name without certificate is refused', async () => {
    await withListener({}, async ({ port }) => {
      const socket = tlsConnect({ port, host: '127.0.0.1', servername: 'c.test', rejectUnauthorized: false });
      const [error] = (await once(socket, 'error').catch((thrown: unknown) => [thrown])) as [Error];
      assert.match(error.message, /disconnected|alert|ECONNRESET|hang up/);
    });
  });

  it('a replaced certificate is shown from the next connection on', async () => {
    let shown = a;
    await withListener({ secureContext: () => createSecureContext(shown) }, async ({ port }) => {
      await get(port, { name: 'a.test' });
      await assert.rejects(get(port, { name: 'b.test' }));
      shown = b;
      await get(port, { name: 'b.test' });
    });
  });
});

describe('HTTP over a connection', () => {
  it('keeps a TLS connection alive over several requests', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await withListener({}, async ({ port }) => {
      const ports = new Set<string | undefined>();
      for (let i = 0; i < 5; i += 1) ports.add(/"remotePort":(\d+)/.exec(await get(port, { agent }))?.[1]);
      assert.equal(ports.size, 1);
      agent.destroy();
    });
  });

  it('starts a pipelined request only when the answer before it is complete', async () => {
    const order: string[] = [];
    const handler: RequestHandler = (request, response) => {
      order.push(`start ${request.url}`);
      setImmediate(() => {
        order.push(`end ${request.url}`);
        response.end(request.url);
      });
    };
    await withListener({ handlers: { request: handler } }, async ({ port }) => {
      const one = (path: string, extra = ''): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n${extra}\r\n`;
      const text = await raw(port, one('/1') + one('/2') + one('/3', 'connection: close\r\n'));
      assert.deepEqual(order, ['start /1', 'end /1', 'start /2', 'end /2', 'start /3', 'end /3']);
      assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 3);
    });
  });

  it('cuts a connection that pipelines without end', async () => {
    let started = 0;
    await withListener({ handlers: { request: () => (started += 1) } }, async ({ port }) => {
      await raw(port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(100));
      assert.equal(started, 1);
    });
  });

  it('passes 32 MiB up and down over TLS unchanged', async () => {
    const bytes = randomBytes(32 * 1024 * 1024);
    const echo: RequestHandler = (request, response) => void request.pipe(response);
    await withListener({ handlers: { request: echo } }, async ({ port }) => {
      const request = tlsRequest({
        port,
        host: '127.0.0.1',
        servername: 'a.test',
        ca: a.cert,
        method: 'PUT',
        agent: false,
      });
      request.end(bytes);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      const hash = createHash('sha256');
      for await (const chunk of response) hash.update(chunk as Buffer);
      assert.equal(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'));
    });
  });

  it('sends no 100 Continue by itself', async () => {
    const refuse: RequestHandler = (_, response) => {
      response.writeHead(403, { connection: 'close' }).end();
    };
    await withListener({ handlers: { checkContinue: refuse } }, async ({ port }) => {
      const text = await raw(port, 'PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n');
      assert.match(text, /^HTTP\/1\.1 403 /);
    });
  });

  it('gives an unknown expectation to the handlers', async () => {
    const refuse: RequestHandler = (_, response) => {
      response.writeHead(417, { connection: 'close' }).end();
    };
    await withListener({ handlers: { checkExpectation: refuse } }, async ({ port }) => {
      assert.match(await raw(port, 'GET / HTTP/1.1\r\nhost: a\r\nexpect: tea\r\n\r\n'), /^HTTP\/1\.1 417 /);
    });
  });

  it('answers a request to upgrade as if it had not asked', async () => {
    await withListener({}, async ({ port }) => {
      const asked = 'GET /u HTTP/1.1\r\nhost: a\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n\r\n';
      const text = await raw(port, asked);
      assert.match(text, /^HTTP\/1\.1 200 OK/);
      assert.match(text, /"url":"\/u"/);
    });
  });

  it('gives a request without Host to the handlers, which refuse it in the right form', async () => {
    await withListener({}, async ({ port }) => {
      assert.match(await raw(port, 'GET /h HTTP/1.1\r\nconnection: close\r\n\r\n'), /"url":"\/h"/);
    });
  });

  const refusals: readonly (readonly [string, string, RegExp])[] = [
    ['CONNECT', 'CONNECT b:443 HTTP/1.1\r\nhost: b\r\n\r\n', /^HTTP\/1\.1 405 Method Not Allowed/],
    ['what is not HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400 Bad Request/],
    ['headers beyond 32 KiB', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [
      'a length and chunks at once',
      'PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
  ];
  for (const [what, text, status] of refusals)
    it(`${what} is refused in the form of the specification, and the connection ends`, async () => {
      await withListener({}, async ({ port }) => {
        const answer = await raw(port, text);
        assert.match(answer, status);
        assert.match(answer, /\r\n\r\n\{"errors":\[\{"code":"UNSUPPORTED","message":"[^"]+"\}\]\}$/);
      });
    });

  it('headers that never end are answered 408', async () => {
    await withListener({ limits: { headersTimeoutMs: 30 } }, async ({ port }) => {
      assert.match(await raw(port, 'GET / HTTP/1.1\r\nhost: a\r\nx: '), /^HTTP\/1\.1 408 Request Timeout/);
    });
  });

  it('a body that stands still ends its connection', async () => {
    const read: RequestHandler = (request) => void request.on('error', () => undefined).resume();
    await withListener({ handlers: { request: read }, limits: { idleTimeoutMs: 30 } }, async ({ port }) => {
      assert.equal(await raw(port, 'PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n12345'), '');
    });
  });

  it('a server that thinks longer than the idle timeout still answers', async () => {
    const think: RequestHandler = (request, response) => {
      let idle = 0;
      request.socket.on('timeout', () => (idle += 1) === 2 && response.end('thought'));
    };
    await withListener({ handlers: { request: think }, limits: { idleTimeoutMs: 20 } }, async ({ port }) => {
      assert.match(await raw(port, 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'), /thought$/);
    });
  });

  it('connections beyond the limit are refused while all are busy, and the log says so once', async () => {
    const waiting: ServerResponse[] = [];
    const { promise: began, resolve: begin } = Promise.withResolvers<void>();
    const hold: RequestHandler = (_, response) => {
      waiting.push(response);
      begin();
    };
    const limits = { maxConnections: 1 };
    await withListener({ limits, handlers: { request: hold } }, async ({ port, events }) => {
      const first = raw(port, 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
      await began;
      assert.equal(await raw(port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'), '');
      assert.equal(await raw(port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'), '');
      waiting[0]?.end('first');
      assert.match(await first, /first$/);
      assert.deepEqual(events.filter(({ event }) => event === 'connection-limit').length, 1);
    });
  });

  it('beyond the limit a connection that asks nothing goes for one that comes anew', async () => {
    await withListener({ limits: { maxConnections: 2 } }, async ({ port }) => {
      const silent = connect(port, '127.0.0.1').on('error', () => undefined);
      await once(silent, 'connect');
      const kept = connect(port, '127.0.0.1').on('error', () => undefined);
      kept.write('GET /kept HTTP/1.1\r\nhost: a\r\n\r\n');
      await once(kept, 'data');
      const gone = readToEnd(silent);
      assert.match(await raw(port, 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'), /^HTTP\/1\.1 200/);
      await gone;
      kept.write('GET /kept HTTP/1.1\r\nhost: a\r\n\r\n');
      await once(kept, 'data');
      kept.destroy();
    });
  });
});

describe('closing', () => {
  it('ends idle connections, waits for a busy one, and accepts nobody', async () => {
    const { promise: response, resolve: began } = Promise.withResolvers<ServerResponse>();
    const busy: RequestHandler = (_, toEnd) => began(toEnd);
    await withListener({ handlers: { request: busy } }, async ({ port, ...listener }) => {
      const idle = connect(port, '127.0.0.1');
      await once(idle, 'connect');
      const request = plainRequest({ port, host: '127.0.0.1', agent: false });
      request.end();
      const toEnd = await response;
      const closed = listener.close(5000);
      await once(idle.resume(), 'close');
      await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
      const answered = once(request, 'response') as Promise<[IncomingMessage]>;
      toEnd.end('done');
      assert.equal(await bodyOf((await answered)[0]), 'done');
      assert.deepEqual(await closed, { cut: 0 });
    });
  });

  it('still answers a request that was pipelined before, and says that it is the last', async () => {
    const waiting: ServerResponse[] = [];
    const { promise: began, resolve: begin } = Promise.withResolvers<void>();
    const hold: RequestHandler = (_, response) => {
      waiting.push(response);
      begin();
      if (waiting.length === 2) response.end('second');
    };
    await withListener({ handlers: { request: hold } }, async ({ port, ...listener }) => {
      const answers = raw(port, 'GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n');
      await began;
      const closed = listener.close(5000);
      waiting[0]?.end('first');
      assert.match(await answers, /first[\s\S]*connection: close[\s\S]*second$/i);
      assert.deepEqual(await closed, { cut: 0 });
    });
  });

  it('ends a kept-alive connection between two requests', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await withListener({}, async ({ port, ...listener }) => {
      await get(port, { agent });
      assert.deepEqual(await listener.close(5000), { cut: 0 });
      agent.destroy();
    });
  });

  it('cuts what is not done by the deadline, and says how many', async () => {
    const { promise: started, resolve: began } = Promise.withResolvers<void>();
    await withListener({ handlers: { request: () => began() } }, async ({ port, ...listener }) => {
      const answer = raw(port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n');
      await started;
      assert.deepEqual(await listener.close(10), { cut: 1 });
      assert.equal(await answer, '');
    });
  });

  it('a port that is taken is an error with its code', async () => {
    await withListener({}, async ({ port }) => {
      await assert.rejects(
        withListener({ address: { host: '127.0.0.1', port } }, async () => undefined),
        { code: 'EADDRINUSE' },
      );
    });
  });
});
