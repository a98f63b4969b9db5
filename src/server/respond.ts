import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type NodeIncoming, nodeIncoming } from '../http/node-incoming.ts';
import { type Reply, refuse } from '../http/reply.ts';
import { type Sent, finished, send } from '../http/send.ts';
import { type Target, parseTarget } from '../http/target.ts';
import { drain, mustClose } from '../http/unread-body.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics, RequestSample } from '../telemetry/metric.ts';
import { type ConnectionFacts, connectionClient, connectionFacts } from '../connection/facts.ts';
import type { Client } from '../limit/client.ts';
import { leaveShares } from './fair-share.ts';
import { failureReply } from './failure.ts';

/** One request on its way through a listener's plane. The plane fills in `route` and `principal` as it learns them. */
export interface Exchange {
  readonly correlationId: string;
  readonly facts: ConnectionFacts;
  readonly target: Target;
  readonly incoming: NodeIncoming;
  route: string;
  principal: string | undefined;
  /** When its head was read, in ms of a clock that never goes back. */
  readonly startedMs: number;
  /** Whose connection it came by. */
  readonly client: Client;
  /** Whether it is counted to that client's share. */
  entered: boolean;
  /** Who signed in, where it is counted to that share too. */
  identity: Client | undefined;
  /** What the network identity was judged, on the data plane. */
  admission?: { readonly reason: string; readonly generation: string };
  /** Ends the connection at once, whatever is under way on it. */
  cut(): void;
  /** Calls `then` when the answer is complete or cut. */
  ended(then: () => void): void;
}

/** What answers requests: the data plane or the control plane. */
export type Plane = (exchange: Exchange) => Promise<Reply>;

/** What every answer needs. */
export interface Responder {
  readonly listener: RequestSample['listener'];
  readonly plane: Plane;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Headers that every answer of this listener has. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers one request, whatever happens, and tells the log and the metrics. Never throws. */
export async function respond(responder: Responder, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { log, metrics, listener } = responder;
  const startedMs = performance.now();
  const ended = metrics.requestStarted(listener);
  const correlationId = randomUUID();
  const exchange = open({ correlationId, startedMs }, request, response);
  let sent: Sent = { bytes: 0, whole: false };
  let reply: Reply | undefined;
  try {
    reply =
      'refusal' in exchange
        ? exchange
        : await responder.plane(exchange).catch((error: unknown) => failed(responder, exchange, error));
    sent = await send(response, complete(responder, correlationId, reply, request));
    await finished(response);
    await drain(request, response);
  } catch (error) {
    response.destroy();
    log.event({
      event: 'request-failed',
      correlationId,
      route: 'refusal' in exchange ? 'none' : exchange.route,
      error,
    });
  } finally {
    ended();
    if (!('refusal' in exchange)) {
      leaveShares(exchange);
      exchange.incoming.release();
    }
    record(responder, { exchange, request, reply, sent, correlationId, durationMs: performance.now() - startedMs });
  }
}

interface Opening {
  readonly correlationId: string;
  readonly startedMs: number;
}

function open(
  { correlationId, startedMs }: Opening,
  request: IncomingMessage,
  response: ServerResponse,
): Exchange | Refused {
  const facts = connectionFacts(request.socket);
  const target = parseTarget(request, facts.serverName);
  const client = connectionClient(request.socket);
  if ('code' in target) return { ...refuse(target), refusal: target.code };
  return {
    correlationId,
    facts,
    target,
    startedMs,
    client,
    entered: false,
    identity: undefined,
    incoming: nodeIncoming(request, response, target, client),
    route: 'none',
    principal: undefined,
    cut: () => request.socket.destroy(),
    ended: (then) => void response.once('close', then),
  };
}

/** A request that is refused before any plane sees it. */
export type Refused = Reply & { readonly refusal: string };

/** The answer where a plane threw: that is logged, and the client told no more than the id to look for. */
export function failed(responder: Responder, exchange: Exchange, error: unknown): Reply {
  const { correlationId, route } = exchange;
  responder.log.event({ event: 'request-failed', correlationId, route, error });
  return failureReply(responder.listener, error, correlationId);
}

function complete(responder: Responder, correlationId: string, reply: Reply, request: IncomingMessage): Reply {
  const close = mustClose(request) ? { connection: 'close' } : {};
  return { ...reply, headers: { ...headersOf(responder, correlationId, reply), ...close } };
}

/** The headers of an answer with those that every answer of the listener has. */
export function headersOf({ headers }: Responder, correlationId: string, reply: Reply): Reply['headers'] {
  return { ...headers, 'x-ms-correlation-request-id': correlationId, ...reply.headers };
}

/** One answered request, for the log and the metrics. */
interface Answered {
  readonly exchange: Exchange | Refused;
  readonly request: Pick<IncomingMessage, 'method' | 'headers' | 'socket'>;
  readonly reply: Reply | undefined;
  readonly sent: Sent;
  readonly correlationId: string;
  readonly durationMs: number;
}

/** Tells the log and the metrics of one answered request. */
export function record({ listener, log, metrics }: Responder, answered: Answered): void {
  const { request, reply, sent, correlationId, durationMs } = answered;
  const exchange = 'refusal' in answered.exchange ? undefined : answered.exchange;
  const common = {
    listener,
    route: exchange?.route ?? 'none',
    method: request.method ?? '',
    status: reply?.status ?? 500,
    durationMs: Math.round(durationMs * 1000) / 1000,
    receivedBytes: exchange?.incoming.receivedBytes ?? 0,
    sentBytes: sent.bytes,
  };
  metrics.requestAnswered(common);
  log.access({
    ...common,
    correlationId,
    remoteAddress: connectionFacts(request.socket).remoteAddress,
    host: exchange?.target.host ?? '',
    path: exchange?.target.path ?? '',
    ...(reply?.refusal === undefined ? {} : { refusal: reply.refusal }),
    ...(exchange?.admission === undefined
      ? {}
      : { admission: exchange.admission.reason, generation: exchange.admission.generation }),
    ...(exchange?.principal === undefined ? {} : { principal: exchange.principal }),
    ...(request.headers['user-agent'] === undefined ? {} : { userAgent: request.headers['user-agent'] }),
  });
}
