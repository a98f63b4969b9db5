import type { IncomingMessage, ServerResponse } from 'node:http';

/** How much of a body nobody asked for is read so that the connection can go on, in bytes. */
const DRAIN_BYTES = 64 * 1024;
/** For how long, in ms. */
const DRAIN_MS = 1000;

/**
 * Whether the connection must close after this answer, because a body was announced that will not be read: more than
 * is drained, or of unknown length, or one the client holds back until it sees `100 Continue`.
 */
export function mustClose(request: IncomingMessage): boolean {
  if (request.complete || request.readableEnded) return false;
  if (request.headers.expect !== undefined) return true;
  if (request.headers['transfer-encoding'] !== undefined) return true;
  return Number(request.headers['content-length'] ?? 0) > DRAIN_BYTES;
}

/**
 * After the answer: reads what is left of the body, at most 64 KiB and for at most 1 s, so that the client gets to read
 * the answer; then closes if the body has not ended (invariant 1; node by itself would read on without end).
 */
export async function drain(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.complete || request.destroyed) return;
  await new Promise<void>((resolve) => {
    let left = DRAIN_BYTES;
    const stop = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(stop, DRAIN_MS);
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) stop();
    });
    request.once('end', stop).once('close', stop).once('error', stop);
    request.resume();
  });
  if (!request.complete) (response.socket ?? request.socket).destroy();
}
