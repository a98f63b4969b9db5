import type { Socket } from 'node:net';
import type { Exchange } from './exchange.ts';

/**
 * Whether it is the client who keeps an inactive connection waiting: by not sending the body it announced, by not
 * reading its answer, or by not asking anything more. A server that is still at work is none of these.
 */
export function isClientIdle(socket: Socket, exchange: Exchange | undefined): boolean {
  if (exchange === undefined) return true;
  const { request, response } = exchange;
  const answerUnread = response.writableLength > 0 || socket.writableLength > 0;
  const bodyUnread = socket.isPaused() || request.readableLength >= request.readableHighWaterMark;
  return answerUnread || (!request.complete && !bodyUnread);
}
