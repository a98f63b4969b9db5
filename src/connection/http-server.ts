import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { NO_TUNNEL, type RefusalBody, endWithRefusal, refusalFor } from './client-error.ts';
import { type Exchange, ExchangeQueue } from './exchange.ts';
import { isClientIdle } from './idle.ts';
import { keepPace, type PaceLimits } from './pace.ts';
import { QuickConnections, type QuickHandler } from './quick-connection.ts';

/** Answers one request. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * What answers requests. A client that waits for `100 Continue` comes as `checkContinue`: it gets that by
 * `response.writeContinue()` and by nothing else. Any other expectation comes as `checkExpectation`. A request that
 * asks for an upgrade comes as one that does not (RFC 9110, section 7.8: a server may ignore it).
 */
export interface HttpHandlers {
  readonly request: RequestHandler;
  readonly checkContinue: RequestHandler;
  readonly checkExpectation: RequestHandler;
  /** The JSON in which a request is refused that never became one; by default in the form of registries. */
  readonly refusalBody?: RefusalBody;
  /** Answers from memory the plain requests by which registries are read; absent, they come as any other. */
  readonly quick?: QuickHandler;
}

/** Limits of one HTTP server; times are in ms. */
export interface HttpLimits extends PaceLimits {
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
}

const MAX_HEADER_BYTES = 32 * 1024;
const CHECK_EVERY_MS = 1000;

/** An HTTP server that is handed its connections. */
export interface ConnectionHttpServer {
  /** Takes over a connection that is ready for HTTP. */
  accept(socket: Socket): void;
  /** Whether no request of a connection is under way. */
  isIdle(socket: Socket): boolean;
  /** From now on each connection ends with its answer under way, and idle ones end at once. */
  drain(): void;
  /** Releases what the server holds, when every connection has ended. */
  close(): void;
}

/** Makes the HTTP server of one listener. */
export function createHttpServer(handlers: HttpHandlers, limits: HttpLimits): ConnectionHttpServer {
  const server = new Server({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: limits.headersTimeoutMs,
    // A body may take hours; one that stands still is ended by the idle timeout.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, limits.headersTimeoutMs),
    insecureHTTPParser: false,
    // A request without Host goes through the pipeline like one with two, and is refused there in the right form.
    requireHostHeader: false,
  });
  server.timeout = limits.idleTimeoutMs;
  const queue = new ExchangeQueue();
  const sockets = new Set<Socket>();
  const stopPacing = keepPace(sockets, queue, limits);
  let draining = false;
  const dispatch = (exchange: Exchange, handle: RequestHandler): void => {
    exchange.response.once('close', () => draining && setImmediate(() => server.closeIdleConnections()));
    queue.run(exchange, () => {
      if (draining) exchange.response.setHeader('connection', 'close');
      handle(exchange.request, exchange.response);
    });
  };
  routeRequests(server, handlers, dispatch);
  routeTroubles(server, queue, { idleTimeoutMs: limits.idleTimeoutMs, body: handlers.refusalBody });
  // A server that is handed its connections never listens, yet node:http starts its header timeouts with this event.
  server.emit('listening');
  const take = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    server.emit('connection', socket);
  };
  const quick = handlers.quick && new QuickConnections(handlers.quick, take, limits);
  return {
    accept: (socket) => (quick === undefined ? take(socket) : quick.accept(socket)),
    isIdle: (socket) => quick?.isBusy(socket) !== true && queue.current(socket) === undefined,
    drain() {
      draining = true;
      quick?.drain();
      server.closeIdleConnections();
    },
    close() {
      stopPacing();
      server.close();
    },
  };
}

type Dispatch = (exchange: Exchange, handle: RequestHandler) => void;

function routeRequests(server: Server, handlers: HttpHandlers, dispatch: Dispatch): void {
  server.on('request', (request, response) => dispatch({ request, response }, handlers.request));
  server.on('checkContinue', (request, response) => dispatch({ request, response }, handlers.checkContinue));
  server.on('checkExpectation', (request, response) => dispatch({ request, response }, handlers.checkExpectation));
  server.on('connect', (_, socket) => endWithRefusal(socket, NO_TUNNEL, handlers.refusalBody));
}

interface Troubles {
  readonly idleTimeoutMs: number;
  readonly body: RefusalBody | undefined;
}

function routeTroubles(server: Server, queue: ExchangeQueue, { idleTimeoutMs, body }: Troubles): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // What follows the first trouble is trouble too; the refusal is on its way.
    if (socket.destroyed || socket.writableEnded) return;
    const answerBegun = queue.current(socket)?.response.headersSent ?? false;
    if (!socket.writable || answerBegun || error.code === 'ECONNRESET') socket.destroy();
    else endWithRefusal(socket, refusalFor(error), body);
  });
  server.on('timeout', (socket) => {
    if (isClientIdle(socket, queue.current(socket))) socket.destroy();
    else socket.setTimeout(idleTimeoutMs);
  });
}
