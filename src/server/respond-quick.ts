import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { QuickAnswer } from '../connection/quick-answer.ts';
import type { QuickHandler } from '../connection/quick-connection.ts';
import type { QuickHead } from '../connection/quick-head.ts';
import { bodylessIncoming } from '../http/bodyless-incoming.ts';
import type { Reply, ReplyHeaders } from '../http/reply.ts';
import { arrive, begin } from './exchange.ts';
import { leaveShares } from './fair-share.ts';
import { CORRELATION_ID, failed, record, type Responder } from './respond.ts';

/** Answers requests without a body from memory, as `respond` does requests of node:http. */
export function quickHandler(responder: () => Responder): QuickHandler {
  const complete = withStanding();
  return (head, socket) => {
    const arrival = arrive(head, socket, responder().listener, (target, client) =>
      bodylessIncoming(head, target, client),
    );
    const request = { method: head.method, headers: head.headers, socket };
    const cut = () => void socket.destroy();
    return () => answer(responder(), { arrival, request, cut, complete });
  };
}

type Complete = (standing: Responder['headers'], headers: ReplyHeaders) => ReplyHeaders;

/** Headers with those that every answer of a listener has: the same object for the same headers. */
function withStanding(): Complete {
  const known = new WeakMap<ReplyHeaders, ReplyHeaders>();
  return (standing, headers) => {
    let all = known.get(headers);
    if (all === undefined) known.set(headers, (all = { ...standing, ...headers }));
    return all;
  };
}

interface Read {
  readonly arrival: ReturnType<typeof arrive>;
  readonly request: Pick<QuickHead, 'method' | 'headers'> & { readonly socket: Socket };
  readonly cut: () => void;
  readonly complete: Complete;
}

async function answer(responder: Responder, { arrival, request, cut, complete }: Read): Promise<QuickAnswer> {
  const startedMs = performance.now();
  const leave = responder.metrics.requestStarted(responder.listener);
  const correlationId = randomUUID();
  const enders: (() => void)[] = [];
  const ended = (then: () => void): void => void enders.push(then);
  const exchange = 'refusal' in arrival ? arrival : begin(arrival, { correlationId, startedMs, cut, ended });
  const reply =
    'refusal' in exchange
      ? exchange
      : await inMemory(responder.plane(exchange)).catch((error: unknown) => failed(responder, exchange, error));
  const body = request.method === 'GET' && reply.body.kind === 'bytes' ? reply.body.bytes : undefined;
  const size = body === undefined ? 0 : Buffer.byteLength(body);
  return {
    status: reply.status,
    headers: complete(responder.headers, reply.headers),
    own: { name: CORRELATION_ID, value: correlationId },
    ...(body === undefined ? {} : { body }),
    done: (whole) => {
      leave();
      for (const end of enders) end();
      if (!('refusal' in exchange)) leaveShares(exchange);
      const sent = { bytes: whole ? size : 0, whole };
      const durationMs = performance.now() - startedMs;
      record(responder, { exchange, request, reply, sent, correlationId, durationMs });
    },
  };
}

/** The bytes of a blob are not in memory: they are asked for by requests that are not quick. */
async function inMemory(answering: Promise<Reply>): Promise<Reply> {
  const reply = await answering;
  if (reply.body.kind !== 'blob') return reply;
  await reply.body.blob[Symbol.asyncDispose]();
  throw new Error('a blob was to be sent from memory');
}
