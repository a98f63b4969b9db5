import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { nodeIncoming } from '../http/node-incoming.ts';
import type { Reply } from '../http/reply.ts';
import { type Sent, finished, send } from '../http/send.ts';
import { drain, mustClose } from '../http/unread-body.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics, RequestSample } from '../telemetry/metric.ts';
import { connectionFacts } from '../connection/facts.ts';
import type { Refused } from './early-refusal.ts';
import { arrive, begin, type Exchange } from './exchange.ts';
import { leaveShares } from './fair-share.ts';
import { failureReply } from './failure.ts';

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
  const exchange = open({ correlationId, startedMs }, listener, request, response);
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

type Opening = Pick<Exchange, 'correlationId' | 'startedMs'>;

function open(
  opening: Opening,
  listener: Responder['listener'],
  request: IncomingMessage,
  response: ServerResponse,
): Exchange | Refused {
  const { socket } = request;
  const arrival = arrive(request, socket, listener, (target, client) =>
    nodeIncoming(request, response, target, client),
  );
  if ('refusal' in arrival) return arrival;
  const cut = () => void socket.destroy();
  return begin(arrival, { ...opening, cut, ended: (then) => void response.once('close', then) });
}

/** The answer where a plane threw: that is logged, and the client told no more than the id to look for. */
export function failed(responder: Responder, exchange: Exchange, error: unknown): Reply {
  const { correlationId, route } = exchange;
  responder.log.event({ event: 'request-failed', correlationId, route, error });
  return failureReply(responder.listener, error, correlationId);
}

function complete(responder: Responder, correlationId: string, reply: Reply, request: IncomingMessage): Reply {
  const close = mustClose(request) ? { connection: 'close' } : {};
  return { ...reply, headers: { ...responder.headers, [CORRELATION_ID]: correlationId, ...reply.headers, ...close } };
}

/** The header by which an answer is found in the log. */
export const CORRELATION_ID = 'x-ms-correlation-request-id';

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
  log.access(() => ({
    ...common,
    correlationId,
    remoteAddress: connectionFacts(request.socket).remoteAddress,
    host: exchange?.target.host ?? '',
    path: exchange?.target.path ?? '',
    refusal: reply?.refusal,
    admission: exchange?.admission?.reason,
    generation: exchange?.admission?.generation,
    principal: exchange?.principal,
    userAgent: request.headers['user-agent'],
  }));
}
