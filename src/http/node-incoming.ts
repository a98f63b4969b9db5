import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { ByteSource } from '../store/port.ts';
import { LEAST_DIRECT_BYTES, readDirectly } from './direct-body.ts';
import { BodyAbortedError, type BodyMemory, type Incoming } from './incoming.ts';

/** One request of node's server as handlers see it, and how many bytes of its body they have read so far. */
export interface NodeIncoming extends Incoming {
  readonly receivedBytes: number;
  /** Gives back what `hold` took, when the request is answered. */
  release(): void;
}

/**
 * Makes a request of node's server one that handlers take. `path` and `query` are those of the parsed target; what of
 * its body is held in memory is taken from `memory`.
 */
export function nodeIncoming(
  request: IncomingMessage,
  response: ServerResponse,
  target: { readonly path: string; readonly query: string },
  memory: BodyMemory,
): NodeIncoming {
  let receivedBytes = 0;
  let heldBytes = 0;
  const length = request.headers['content-length'];
  const contentLength = length === undefined ? undefined : Number(length);
  const counted = async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      receivedBytes += chunk.length;
      yield chunk;
    }
  };
  return {
    method: request.method ?? 'GET',
    path: target.path,
    query: new URLSearchParams(target.query),
    headers: request.headers,
    contentLength,
    get receivedBytes() {
      return receivedBytes;
    },
    from: memory,
    hold(bytes) {
      if (!memory.hold(bytes)) return false;
      heldBytes += bytes;
      return true;
    },
    release() {
      memory.release(heldBytes);
      heldBytes = 0;
    },
    body: () => counted(readBody(request, response)),
    bulk() {
      if (contentLength === undefined || contentLength < LEAST_DIRECT_BYTES) return this.body();
      let direct: ByteSource | undefined;
      const read = async function* (): AsyncGenerator<Uint8Array> {
        // Only then has the parser done with what came together with the head.
        await setImmediate();
        direct = readDirectly(request, contentLength);
        yield* direct ?? readBody(request, response);
      };
      const source: ByteSource = counted(read());
      source.recycle = (chunks) => direct?.recycle?.(chunks);
      return source;
    },
  };
}

async function* readBody(request: IncomingMessage, response: ServerResponse): AsyncGenerator<Uint8Array> {
  if (request.headers.expect !== undefined && !request.readableDidRead) response.writeContinue();
  try {
    // The request outlives a reader that stops early: the answer still has to go out, and the rest is drained.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } catch (error) {
    throw new BodyAbortedError('the body broke off before its end', { cause: error });
  }
  if (!request.complete) throw new BodyAbortedError('the body broke off before its end');
}
