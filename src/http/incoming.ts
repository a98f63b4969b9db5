import type { IncomingHttpHeaders } from 'node:http';
import type { OciError } from '../oci/error.ts';
import type { ByteSource } from '../store/port.ts';

/** One request as handlers see it: its head parsed, its body not yet read. */
export interface Incoming {
  readonly method: string;
  /** The path as it was sent, still percent-encoded, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** `Content-Length` in bytes; `undefined` when the body is chunked or absent. */
  readonly contentLength: number | undefined;
  /** Who sent it, as far as shares are counted: the same object for the same address. */
  readonly from: object;
  /** Asks for memory for so much of the body until the request is answered; `false` is a client that has enough. */
  hold(bytes: number): boolean;
  /** The body. Asking for it sends `100 Continue` to a client that waits for it; it can be read once. */
  body(): AsyncIterable<Uint8Array>;
  /** The body as `body` has it, for one who gives the memory of its chunks back: a large one comes at a lower cost. */
  bulk(): ByteSource;
}

/** Whose memory bodies are held in. */
export interface BodyMemory {
  hold(bytes: number): boolean;
  release(bytes: number): void;
}

/** A body that ended early: the client went away or sent less than it announced. */
export class BodyAbortedError extends Error {
  override name = 'BodyAbortedError';
}

/** The outcome of reading a small body whole. */
export type ReadBody =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'too-large' }
  /** Its client has so many bodies in memory, or took so long to send this one, that others must come first. */
  | { readonly kind: 'crowded' }
  | { readonly kind: 'broken-off' };

/** A body that is held in memory must be whole within this, in ms: 4 MiB at 14 KB/s. */
const WHOLE_BODY_MS = 300_000;

/** Reads a whole body of at most `limit` bytes; refuses by its announced length before reading where it can. */
export async function readBody(incoming: Incoming, limit: number): Promise<ReadBody> {
  if ((incoming.contentLength ?? 0) > limit) return { kind: 'too-large' };
  const chunks: Uint8Array[] = [];
  let size = 0;
  const startedMs = performance.now();
  try {
    for await (const chunk of incoming.body()) {
      size += chunk.length;
      if (size > limit) return { kind: 'too-large' };
      if (!incoming.hold(chunk.length) || performance.now() - startedMs > WHOLE_BODY_MS) return { kind: 'crowded' };
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof BodyAbortedError) return { kind: 'broken-off' };
    throw error;
  }
  return { kind: 'read', bytes: Buffer.concat(chunks, size) };
}

/** What a client is told whose bodies take more memory than its share. */
export const CROWDED = 'too many bodies are being read at once; send this one again when others are answered';

/** Reads a form body (`application/x-www-form-urlencoded`) of at most `limit` bytes. */
export async function readForm(incoming: Incoming, limit: number): Promise<URLSearchParams | OciError> {
  const body = await readBody(incoming, limit);
  if (body.kind === 'too-large') return { code: 'REQUEST_INVALID', message: `the form is larger than ${limit} bytes` };
  if (body.kind === 'crowded') return { code: 'TOOMANYREQUESTS', message: CROWDED };
  if (body.kind === 'broken-off') return { code: 'REQUEST_INVALID', message: 'the form broke off before its end' };
  return new URLSearchParams(body.bytes.toString('utf8'));
}
