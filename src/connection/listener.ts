import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { LogEvent } from '../telemetry/event.ts';
import { endWithHttpsNeeded } from './client-error.ts';
import { type ConnectionFacts, plainFacts, secureFacts, setFacts } from './facts.ts';
import { type ConnectionHttpServer, type HttpHandlers, type HttpLimits, createHttpServer } from './http-server.ts';
import { isLoopback } from './loopback.ts';
import { type SecureContextFor, secure } from './secure.ts';
import { sniff } from './sniff.ts';

/** What a listener needs. Times are in ms. */
export interface ListenerOptions {
  /** What the log calls it. */
  readonly name: string;
  /** An address without brackets, or a host name; port 0 lets the system choose. */
  readonly address: { readonly host: string; readonly port: number };
  readonly limits: HttpLimits & { readonly firstByteTimeoutMs: number; readonly maxConnections: number };
  readonly secureContext: SecureContextFor;
  readonly handlers: HttpHandlers;
  readonly onEvent: (event: LogEvent) => void;
}

/** A listener that accepts connections. */
export interface Listener {
  /** Where it really listens. */
  readonly address: { readonly host: string; readonly port: number };
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
  const open: OpenSockets = new Map();
  const server = createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true }, (socket) => {
    open.set(socket, 'starting');
    socket.once('close', () => open.delete(socket));
    socket.on('error', (error) => tellFailure(options, socket, error));
    begin(socket, { options, http, open });
  });
  limit(server, options);
  try {
    server.listen(options.address);
    await once(server, 'listening');
  } catch (error) {
    http.close();
    throw error;
  }
  const { address, port } = boundTo(server);
  return { address: { host: address, port }, close: (deadlineMs) => close({ server, http, open }, deadlineMs) };
}

function boundTo(server: Server): AddressInfo {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the listener has no address of its own');
  return bound;
}

/** Every connection by its socket, and whether it has come as far as HTTP. */
type OpenSockets = Map<Socket, 'starting' | 'accepted'>;

type Accepting = {
  readonly options: ListenerOptions;
  readonly http: ConnectionHttpServer;
  readonly open: OpenSockets;
};

function begin(socket: Socket, accepting: Accepting): void {
  const facts = plainFacts(socket);
  if (facts === undefined) return void socket.destroy();
  const accept = (ready: Socket, known: ConnectionFacts): void => {
    accepting.open.set(socket, 'accepted');
    setFacts(ready, known);
    accepting.http.accept(ready);
  };
  sniff(socket, accepting.options.limits.firstByteTimeoutMs, (first) => {
    if (first === 'tls') beginTls(socket, accepting.options, (ready) => accept(ready, secureFacts(facts, ready)));
    else if (isLoopback(facts.remoteAddress) && isLoopback(facts.localAddress)) accept(socket, facts);
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

/** Refuses connections beyond the limit, and says so once until there is room again. */
function limit(server: Server, { limits, name, onEvent }: ListenerOptions): void {
  let told = false;
  server.maxConnections = limits.maxConnections;
  server.on('connection', () => (told = false));
  server.on('drop', () => {
    if (!told) onEvent({ event: 'connection-limit', listener: name, limit: limits.maxConnections });
    told = true;
  });
}

type Open = { readonly server: Server; readonly http: ConnectionHttpServer; readonly open: OpenSockets };

async function close({ server, http, open }: Open, deadlineMs: number): Promise<{ readonly cut: number }> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  http.drain();
  for (const [socket, state] of open) if (state === 'starting') socket.destroy();
  let cut = 0;
  const timer = setTimeout(() => {
    cut = open.size;
    for (const socket of open.keys()) socket.destroy();
  }, deadlineMs);
  await closed;
  clearTimeout(timer);
  http.close();
  return { cut };
}
