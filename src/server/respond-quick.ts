import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { connectionClient, connectionFacts } from '../connection/facts.ts';
import type { QuickAnswer } from '../connection/quick-answer.ts';
import type { QuickHead } from '../connection/quick-head.ts';
import { bodylessIncoming } from '../http/bodyless-incoming.ts';
import { type Reply, refuse } from '../http/reply.ts';
import { parseTarget } from '../http/target.ts';
import { leaveShares } from './fair-share.ts';
import { type Exchange, failed, headersOf, record, type Refused, type Responder } from './respond.ts';

/** Answers one request without a body from memory, as `respond` does one of node:http. Never rejects. */
export async function respondQuick(responder: Responder, head: QuickHead, socket: Socket): Promise<QuickAnswer> {
  const startedMs = performance.now();
  const ended = responder.metrics.requestStarted(responder.listener);
  const correlationId = randomUUID();
  const enders: (() => void)[] = [];
  const exchange = open({ correlationId, startedMs, enders }, head, socket);
  const reply =
    'refusal' in exchange
      ? exchange
      : await inMemory(responder.plane(exchange)).catch((error: unknown) => failed(responder, exchange, error));
  const body = reply.body.kind === 'bytes' ? reply.body.bytes : undefined;
  const sentBytes = head.method === 'HEAD' || body === undefined ? 0 : Buffer.byteLength(body);
  return {
    status: reply.status,
    headers: headersOf(responder, correlationId, reply),
    ...(head.method === 'HEAD' || body === undefined ? {} : { body }),
    done: (whole) => {
      ended();
      for (const end of enders) end();
      if (!('refusal' in exchange)) leaveShares(exchange);
      record(responder, {
        exchange,
        request: { method: head.method, headers: head.headers, socket },
        reply,
        sent: { bytes: whole ? sentBytes : 0, whole },
        correlationId,
        durationMs: performance.now() - startedMs,
      });
    },
  };
}

interface Opening {
  readonly correlationId: string;
  readonly startedMs: number;
  readonly enders: (() => void)[];
}

function open({ correlationId, startedMs, enders }: Opening, head: QuickHead, socket: Socket): Exchange | Refused {
  const facts = connectionFacts(socket);
  const client = connectionClient(socket);
  const target = parseTarget(head, facts.serverName);
  if ('code' in target) return { ...refuse(target), refusal: target.code };
  return {
    correlationId,
    facts,
    target,
    startedMs,
    client,
    entered: false,
    identity: undefined,
    incoming: bodylessIncoming(head, target, client),
    route: 'none',
    principal: undefined,
    cut: () => socket.destroy(),
    ended: (then) => void enders.push(then),
  };
}

/** The bytes of a blob are not in memory: they are asked for by requests that are not quick. */
async function inMemory(answering: Promise<Reply>): Promise<Reply> {
  const reply = await answering;
  if (reply.body.kind !== 'blob') return reply;
  await reply.body.blob[Symbol.asyncDispose]();
  throw new Error('a blob was to be sent from memory');
}
