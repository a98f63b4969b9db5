import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Client } from '../limit/client.ts';
import type { Clients } from '../limit/clients.ts';
import type { LogEvent } from '../telemetry/event.ts';
import { endWithHttpsNeeded } from './client-error.ts';
import { clientKey } from './client-key.ts';
import { type Attachment, INTERNET } from '../network/facts.ts';
import { type ConnectionFacts, plainFacts, proxiedFacts, secureFacts, setFacts, unnamedFacts } from './facts.ts';
import { type ConnectionHttpServer, type HttpHandlers, type HttpLimits, createHttpServer } from './http-server.ts';
import { isLoopback } from './loopback.ts';
import { OpenConnections } from './open-connections.ts';
import { attachmentFor, peerAt, type ProxyPeer } from './proxy-peer.ts';
import { takeProxyHeader } from './read-proxy-header.ts';
import { type SecureContextFor, secure } from './secure.ts';
import { sniff } from './sniff.ts';

/** What a listener needs. Times are in ms. */
export interface ListenerOptions {
  /** What the log calls it. */
  readonly name: string;
  /** An address without brackets, or a host name; port 0 lets the system choose. */
  readonly address: { readonly host: string; readonly port: number };
  /** A server that listens already, in place of one at the address. */
  readonly opened?: Server;
  readonly limits: HttpLimits & { readonly firstByteTimeoutMs: number; readonly maxConnections: number };
  /** Whose connections are counted, and how many each may have. */
  readonly clients: Clients;
  readonly secureContext: SecureContextFor;
  readonly handlers: HttpHandlers;
  readonly onEvent: (event: LogEvent) => void;
  /** Proxies that speak before their clients do. */
  readonly proxies?: readonly ProxyPeer[];
}

/** A server socket that the listener takes over; connections to it lie in the network of its attachment. */
export interface AttachedSocket {
  readonly server: Server;
  readonly attachment: Attachment;
}

/** A listener that accepts connections. */
export interface Listener {
  /** Where it really listens. */
  readonly address: { readonly host: string; readonly port: number };
  /** Accepts connections of one more socket that listens already; the function it answers stops that. */
  attach(socket: AttachedSocket): () => void;
  /** Resets every connection whose facts are such; says how many. */
  cut(which: (facts: ConnectionFacts) => boolean): number;
  /**
   * Stops accepting, ends idle connections, lets requests under way finish for `deadlineMs`, and then cuts what is
   * left. Resolves when no connection is open; says how many were cut.
   */
  close(deadlineMs: number): Promise<{ readonly cut: number }>;
}

/**
 * Listens on one port for TLS and, where both ends are on this machine, for plain HTTP too: the first byte of a
 * connection tells which it is. Throws what `listen` does, such as EADDRINUSE.
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const http = createHttpServer(options.handlers, options.limits);
  const open = new OpenConnections();
  const hasRoom = roomFor(open, http, options);
  const accept = (socket: Socket, attachment: Attachment): void => {
    socket.on('error', (error) => tellFailure(options, socket, error));
    if (!hasRoom()) return void socket.resetAndDestroy();
    open.add(socket);
    begin(socket, attachment, { options, http, open });
  };
  const server = options.opened ?? createServer({ pauseOnConnect: true });
  server.on('connection', (socket: Socket) => accept(socket.setNoDelay(true).setKeepAlive(true), INTERNET));
  try {
    if (options.opened === undefined) {
      server.listen(options.address);
      await once(server, 'listening');
    }
  } catch (error) {
    http.close();
    throw error;
  }
  const attached = new Set<Server>();
  const { address, port } = boundTo(server);
  return {
    address: { host: address, port },
    attach: (one) => attach(one, { accept, attached }),
    cut: (which) => open.cut(which),
    close: async (deadlineMs) => {
      for (const one of attached) one.close();
      return close({ server, http, open }, deadlineMs);
    },
  };
}

interface Attaching {
  readonly accept: (socket: Socket, attachment: Attachment) => void;
  readonly attached: Set<Server>;
}

function attach({ server, attachment }: AttachedSocket, { accept, attached }: Attaching): () => void {
  attached.add(server);
  server.on('connection', (socket: Socket) => accept(socket.setNoDelay(true).setKeepAlive(true), attachment));
  return () => {
    attached.delete(server);
    server.close();
  };
}

function boundTo(server: Server): AddressInfo {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the listener has no address of its own');
  return bound;
}

type Accepting = {
  readonly options: ListenerOptions;
  readonly http: ConnectionHttpServer;
  readonly open: OpenConnections;
};

function begin(socket: Socket, attachment: Attachment, accepting: Accepting): void {
  const facts = plainFacts(socket, attachment);
  if (facts === undefined) return void socket.destroy();
  const { proxies = [], limits } = accepting.options;
  const peer = attachment === INTERNET ? peerAt(proxies, facts.network.remote) : undefined;
  if (peer === undefined) return beginHttp(socket, facts, accepting);
  takeProxyHeader(socket, limits.firstByteTimeoutMs, (header) => {
    const said = header.kind === 'proxied' ? attachmentFor(peer, header.tlvs) : undefined;
    if (header.kind === 'malformed') return refuseProxy(accepting, socket, header.why);
    if (header.kind === 'local' || said === undefined) return beginHttp(socket, unnamedFacts(facts), accepting, true);
    if ('refused' in said) return refuseProxy(accepting, socket, said.refused);
    beginHttp(socket, proxiedFacts(facts, header, said), accepting, true);
  });
}

/** A proxy that says what it may not say is answered by nobody: what it would read of an answer is its client's. */
function refuseProxy({ options }: Accepting, socket: Socket, why: string): void {
  const remoteAddress = socket.remoteAddress ?? '';
  options.onEvent({ event: 'proxy-refused', listener: options.name, remoteAddress, why });
  socket.destroy();
}

/** Counts a connection to its client's share, until it ends; `undefined` where that has no room. */
function clientOf(socket: Socket, { network, remoteAddress }: ConnectionFacts, options: ListenerOptions) {
  const client = options.clients.of(clientKey(network, remoteAddress), performance.now());
  if (client.connect()) {
    socket.once('close', () => client.disconnect());
    return client;
  }
  if (!client.told) options.onEvent({ event: 'client-limit', listener: options.name, remoteAddress });
  client.told = true;
  return undefined;
}

function beginHttp(socket: Socket, facts: ConnectionFacts, accepting: Accepting, proxied = false): void {
  const client: Client | undefined = clientOf(socket, facts, accepting.options);
  if (client === undefined) return void socket.resetAndDestroy();
  const accept = (ready: Socket, known: ConnectionFacts): void => {
    accepting.open.accepted(socket, known, ready);
    setFacts(ready, known, client);
    accepting.http.accept(ready);
  };
  sniff(socket, accepting.options.limits.firstByteTimeoutMs, (first) => {
    if (first === 'tls') beginTls(socket, accepting.options, (ready) => accept(ready, secureFacts(facts, ready)));
    else if (proxied || (isLoopback(facts.remoteAddress) && isLoopback(facts.localAddress))) accept(socket, facts);
    else endWithHttpsNeeded(socket);
  });
}

function beginTls(socket: Socket, options: ListenerOptions, then: (ready: TLSSocket) => void): void {
  const { secureContext, limits } = options;
  const secured = secure(socket, { secureContext, timeoutMs: limits.firstByteTimeoutMs }, then);
  secured.on('error', (error) => tellFailure(options, socket, error));
}

function tellFailure({ name, onEvent }: ListenerOptions, socket: Socket, error: Error): void {
  onEvent({ event: 'connection-failed', listener: name, remoteAddress: socket.remoteAddress ?? '', error });
}

/**
 * Whether there is room for one connection more: beyond the limit one that is idle goes, and where none is, the new one.
 * The log is told once until there is room again.
 */
function roomFor(open: OpenConnections, http: ConnectionHttpServer, options: ListenerOptions): () => boolean {
  const { limits, name, onEvent } = options;
  let told = false;
  return () => {
    if (open.size < limits.maxConnections) {
      told = false;
      return true;
    }
    if (!told) onEvent({ event: 'connection-limit', listener: name, limit: limits.maxConnections });
    told = true;
    return open.makeRoom((ready) => http.isIdle(ready));
  };
}

type Open = { readonly server: Server; readonly http: ConnectionHttpServer; readonly open: OpenConnections };

async function close({ server, http, open }: Open, deadlineMs: number): Promise<{ readonly cut: number }> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  http.drain();
  open.endStarting();
  let cutConnections = 0;
  const timer = setTimeout(() => {
    cutConnections = open.endAll();
  }, deadlineMs);
  await closed;
  clearTimeout(timer);
  http.close();
  return { cut: cutConnections };
}
