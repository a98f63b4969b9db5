import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { BlobReader } from '../store/port.ts';
import type { Reply } from './reply.ts';
import { linger, mustClose } from './unread-body.ts';

/** The size of each of the two buffers a blob is sent through, in bytes: smaller ones cost more calls, larger ones miss the cache. */
const BUFFER_BYTES = 256 * 1024;
/** The same where many are being sent: readers that are slow on purpose shall not hold much memory each. */
const SMALL_BUFFER_BYTES = 16 * 1024;
/** How many answers at once have the larger ones: 128 MiB at most. */
const MOST_LARGE = 256;
let sending = 0;

/** How many buffers wait for the next download: 8 MiB at most. */
const MAX_POOLED = 32;

const pool: Buffer[] = [];

/** What was sent: the bytes of the body, and whether all of it went out. */
export interface Sent {
  readonly bytes: number;
  readonly whole: boolean;
}

/** Sends an answer. A blob is closed in any case; a client that goes away early is not an error. */
export async function send(response: ServerResponse, reply: Reply): Promise<Sent> {
  switch (reply.body.kind) {
    case 'none':
      return sendBytes(response, reply, '');
    case 'bytes':
      return sendBytes(response, reply, reply.body.bytes);
    case 'blob': {
      await using blob = reply.body.blob;
      const { start, end } = reply.body.range ?? { start: 0, end: blob.size - 1 };
      writeHead(response, reply);
      return await sendBlob(response, blob, start, end + 1);
    }
  }
}

function writeHead(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, reply.headers as Record<string, string | string[]>);
}

async function sendBytes(response: ServerResponse, reply: Reply, bytes: string | Buffer): Promise<Sent> {
  writeHead(response, reply);
  if (mustClose(response.req)) {
    // node closes the connection at the end of such an answer, so the client must have all of it before.
    if (bytes.length === 0) response.flushHeaders();
    else response.write(bytes);
    await linger(response.req);
    response.end();
  } else response.end(bytes);
  // Node leaves the body of an answer to HEAD out.
  return { bytes: response.req.method === 'HEAD' ? 0 : Buffer.byteLength(bytes), whole: true };
}

/**
 * Sends bytes `from` up to but not including `to`, reading into one buffer while the other is on its way: memory does
 * not grow with the blob, nor with a client that reads slowly.
 */
async function sendBlob(response: ServerResponse, blob: BlobReader, from: number, to: number): Promise<Sent> {
  sending += 1;
  const buffers = buffersFor(sending);
  const flights: [Promise<void>, Promise<void>] = [Promise.resolve(), Promise.resolve()];
  let position = from;
  try {
    for (let turn: 0 | 1 = 0; position < to; turn = turn === 0 ? 1 : 0) {
      await flights[turn];
      const buffer = buffers[turn];
      const read = await blob.read(buffer.subarray(0, Math.min(buffer.length, to - position)), position);
      if (read === 0) throw new Error(`the blob ended at ${position}, ${to} bytes were promised`);
      position += read;
      flights[turn] = write(response, buffer.subarray(0, read));
      flights[turn].catch(() => undefined);
    }
    await Promise.all(flights);
    await linger(response.req);
    response.end();
    for (const buffer of buffers) if (pool.length < MAX_POOLED && buffer.length === BUFFER_BYTES) pool.push(buffer);
    return { bytes: position - from, whole: true };
  } catch (error) {
    // Buffers on their way are left to the collector. Cut off, the client sees that the body is not whole.
    response.destroy();
    if (error instanceof ClientGoneError) return { bytes: position - from, whole: false };
    throw error;
  } finally {
    sending -= 1;
  }
}

function buffersFor(answers: number): readonly [Buffer, Buffer] {
  if (answers > MOST_LARGE) return [newBuffer(SMALL_BUFFER_BYTES), newBuffer(SMALL_BUFFER_BYTES)];
  return [pool.pop() ?? newBuffer(BUFFER_BYTES), pool.pop() ?? newBuffer(BUFFER_BYTES)];
}

function newBuffer(bytes: number): Buffer {
  return Buffer.allocUnsafeSlow(bytes);
}

/** The client closed the connection before it had the whole answer. */
class ClientGoneError extends Error {
  override name = 'ClientGoneError';
}

/** Writes once; resolves when the bytes have left the process, so that their buffer may be used again. */
function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new ClientGoneError());
    if (response.destroyed) return gone();
    response.once('close', gone);
    response.write(bytes, (error) => {
      response.off('close', gone);
      if (error) gone();
      else resolve();
    });
  });
}

/** Resolves when the answer has been handed to the system, or the connection is gone. */
export async function finished(response: ServerResponse): Promise<void> {
  if (response.writableFinished || response.destroyed) return;
  await Promise.race([once(response, 'finish'), once(response, 'close')]);
}
