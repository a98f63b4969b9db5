import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { Clients } from '../limit/clients.ts';
import type { LogEvent } from '../telemetry/event.ts';
import { connectionClient } from './facts.ts';
import type { RequestHandler } from './http-server.ts';
import { type Listener, type ListenerOptions, listen } from './listener.ts';
import { proxyV2 } from './proxy-header.fixture.ts';
import { parsePrefix } from '../network/prefix.ts';

const LIMITS: ListenerOptions['limits'] = {
  firstByteTimeoutMs: 5000,
  headersTimeoutMs: 5000,
  idleTimeoutMs: 5000,
  keepAliveTimeoutMs: 5000,
  maxConnections: 100,
  minBytesPerSecond: 0,
};
const SHARE = { connections: 2, requests: 100, requestsPerSecond: 0, bodyBytes: 1024 ** 2 };

type Running = Listener & AsyncDisposable & { readonly events: readonly LogEvent[] };

async function listener(
  handle: RequestHandler,
  { limits = {}, proxies = [] }: { limits?: Partial<ListenerOptions['limits']>; proxies?: ListenerOptions['proxies'] },
): Promise<Running> {
  const events: LogEvent[] = [];
  const running = await listen({
    name: 'registry',
    address: { host: '127.0.0.1', port: 0 },
    limits: { ...LIMITS, ...limits },
    clients: new Clients(SHARE, 100),
    secureContext: () => undefined,
    handlers: { request: handle, checkContinue: handle, checkExpectation: handle },
    onEvent: (event) => events.push(event),
    proxies: proxies ?? [],
  });
  return { ...running, events, [Symbol.asyncDispose]: async () => void (await running.close(0)) };
}

/** Opens a connection; an end by the server is no error. */
function open({ address: { port } }: Listener, localAddress = '127.0.0.1'): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  return socket.on('error', () => undefined);
}

async function ask(socket: Socket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.once('data', (bytes: Buffer) => resolve(bytes.toString('latin1', 0, 12)));
  socket.once('close', () => resolve('cut'));
  return promise;
}

const ok: RequestHandler = (_, response) => void response.end('ok');

describe("an address's connections", { timeout: 30_000 }, () => {
  it('beyond its share are reset, while those it has and those of others go on', async () => {
    await using server = await listener(ok, {});
    const own = [open(server), open(server)];
    for (const socket of own) assert.equal(await ask(socket), 'HTTP/1.1 200');
    assert.equal(await ask(open(server)), 'cut');
    assert.equal(await ask(open(server)), 'cut');
    const other = open(server, '127.0.0.2');
    assert.equal(await ask(other), 'HTTP/1.1 200');
    for (const socket of own) assert.equal(await ask(socket), 'HTTP/1.1 200');
    const told = server.events.filter(({ event }) => event === 'client-limit');
    assert.deepEqual(told, [{ event: 'client-limit', listener: 'registry', remoteAddress: '127.0.0.1' }]);
  });

  it('have room again when one of them ends', async () => {
    let client: ReturnType<typeof connectionClient> | undefined;
    await using server = await listener((request, response) => {
      client = connectionClient(request.socket);
      response.end('ok');
    }, {});
    const [first, second] = [open(server), open(server)];
    for (const socket of [first, second]) assert.equal(await ask(socket), 'HTTP/1.1 200');
    first.destroy();
    while (client?.connections !== 1) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await ask(open(server)), 'HTTP/1.1 200');
  });

  it('by a listed proxy are those of the address that it says, and not its own', async () => {
    const from = parsePrefix('127.0.0.9/32');
    assert.equal(from.kind, 'parsed');
    const proxies = from.kind === 'parsed' ? [{ from: from.prefix, internet: true, asserts: [] }] : [];
    await using server = await listener(ok, { proxies });
    const by = (source: string): Socket => {
      const socket = open(server, '127.0.0.9');
      socket.write(proxyV2({ source, destination: source.includes(':') ? '::1' : '198.18.77.2' }));
      return socket;
    };
    for (const socket of [by('203.0.113.9'), by('203.0.113.9')]) assert.equal(await ask(socket), 'HTTP/1.1 200');
    assert.equal(await ask(by('203.0.113.9')), 'cut');
    assert.equal(await ask(by('203.0.113.10')), 'HTTP/1.1 200');
    // One host has as many IPv6 addresses as it likes; they share the share of their /64.
    for (const last of [1, 2]) assert.equal(await ask(by(`2001:db8:1:2::${last}`)), 'HTTP/1.1 200');
    assert.equal(await ask(by('2001:db8:1:2::3')), 'cut');
    assert.equal(await ask(by('2001:db8:1:3::1')), 'HTTP/1.1 200');
  });
});

describe('a client that is too slow', { timeout: 30_000 }, () => {
  const drip = (socket: Socket, everyMs: number): NodeJS.Timeout => {
    const timer = setInterval(() => socket.write('x'), everyMs);
    socket.once('close', () => clearInterval(timer));
    return timer;
  };
  const read: RequestHandler = (request, response) => {
    request.on('error', () => undefined).resume();
    request.on('end', () => response.end('ok'));
  };
  const limits = { idleTimeoutMs: 400, minBytesPerSecond: 1000 };

  it('with its body is cut, though it never stands still', async () => {
    await using server = await listener(read, { limits });
    const socket = open(server);
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n');
    drip(socket, 20);
    await new Promise((resolve) => socket.once('close', resolve));
  });

  it('is not one that sends as much as is asked', async () => {
    await using server = await listener(read, { limits });
    const socket = open(server);
    const bytes = 20 * 200;
    socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${bytes}\r\n\r\n`);
    const answer = once(socket, 'data');
    for (let i = 0; i < 20; i++) {
      socket.write(Buffer.alloc(200));
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    const [first] = await answer;
    assert.match(String(first), /^HTTP\/1\.1 200/);
  });

  it('is not one that waits for a slow server', async () => {
    await using server = await listener((_, response) => void setTimeout(() => response.end('ok'), 1500), { limits });
    assert.equal(await ask(open(server)), 'HTTP/1.1 200');
  });
});
