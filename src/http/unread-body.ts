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
 * After the answer, on a connection that goes on: reads what is left of the body, which is at most 64 KiB, and closes
 * when it has not come within 1 s.
 */
export async function drain(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.complete || request.destroyed || mustClose(request)) return;
  await readRest(request);
  if (!request.complete) (response.socket ?? request.socket).destroy();
}

/**
 * Between an answer and the closing of its connection: reads at most 64 KiB of a body nobody asked for, and leaves the
 * rest to wait for 1 s (invariant 1; node by itself would read on without end). Closed at once, a client that is still
 * sending would be reset, and might lose the answer that it has not read yet.
 */
export async function linger(request: IncomingMessage): Promise<void> {
  if (mustClose(request) && !waitsForContinue(request)) await readRest(request);
}

function waitsForContinue(request: IncomingMessage): boolean {
  return request.headers.expect !== undefined && !request.readableDidRead;
}

async function readRest(request: IncomingMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    let left = DRAIN_BYTES;
    const stop = () => {
      clearTimeout(timer);
      request.pause();
      resolve();
    };
    const timer = setTimeout(stop, DRAIN_MS);
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left <= 0 && !request.complete) request.pause();
    });
    request.once('end', stop).once('close', stop).once('error', stop);
    request.resume();
  });
}
