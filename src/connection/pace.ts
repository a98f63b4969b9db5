import type { Socket } from 'node:net';
import type { Exchange, ExchangeQueue } from './exchange.ts';
import { isClientIdle } from './idle.ts';

/** How slow a client may be, in bytes per second and ms. */
export interface PaceLimits {
  /** What a body, or an answer, must move on average; 0 asks nothing. */
  readonly minBytesPerSecond: number;
  /** The time over which that of a body is averaged. */
  readonly idleTimeoutMs: number;
}

/** An answer moves in buffers of this size, so a slow reader shows over the time that one may take. */
const ANSWER_QUANTUM = 256 * 1024;
const MOST_CHECKS_MS = 5000;

interface Mark {
  readonly exchange: Exchange;
  readonly atMs: number;
  readonly bytes: number;
}

/**
 * Ends connections whose client keeps a request going with less than the least pace: a byte now and then satisfies every
 * time-out for standing still. One timer looks at all connections. The function it answers ends that.
 */
export function keepPace(
  sockets: ReadonlySet<Socket>,
  queue: ExchangeQueue,
  { minBytesPerSecond, idleTimeoutMs }: PaceLimits,
): () => void {
  if (minBytesPerSecond === 0) return () => undefined;
  const marks = new WeakMap<Socket, Mark>();
  const answerMs = Math.max(idleTimeoutMs, (ANSWER_QUANTUM / minBytesPerSecond) * 1000);
  const look = (socket: Socket, nowMs: number): void => {
    const exchange = queue.current(socket);
    if (exchange === undefined || !isClientIdle(socket, exchange)) return void marks.delete(socket);
    const mark = marks.get(socket);
    const bytes = socket.bytesRead + socket.bytesWritten;
    const elapsedMs = nowMs - (mark?.atMs ?? nowMs);
    if (mark?.exchange === exchange && elapsedMs < (exchange.request.complete ? answerMs : idleTimeoutMs)) return;
    const slow = mark?.exchange === exchange && bytes - mark.bytes < (minBytesPerSecond * elapsedMs) / 1000;
    if (slow) socket.destroy();
    else marks.set(socket, { exchange, atMs: nowMs, bytes });
  };
  const timer = setInterval(
    () => {
      const nowMs = performance.now();
      for (const socket of sockets) look(socket, nowMs);
    },
    Math.min(MOST_CHECKS_MS, Math.ceil(idleTimeoutMs / 4)),
  );
  timer.unref();
  return () => clearInterval(timer);
}
