import type { IncomingHttpHeaders } from 'node:http';
import type { OciError } from '../oci/error.ts';

/** One request as handlers see it: its head parsed, its body not yet read. */
export interface Incoming {
  readonly method: string;
  /** The path as it was sent, still percent-encoded, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** `Content-Length` in bytes; `undefined` when the body is chunked or absent. */
  readonly contentLength: number | undefined;
  /** The body. Asking for it sends `100 Continue` to a client that waits for it; it can be read once. */
  body(): AsyncIterable<Uint8Array>;
}

/** A body that ended early: the client went away or sent less than it announced. */
export class BodyAbortedError extends Error {
  override name = 'BodyAbortedError';
}

/** The outcome of reading a small body whole. */
export type ReadBody =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'broken-off' };

/** Reads a whole body of at most `limit` bytes; refuses by its announced length before reading where it can. */
export async function readBody(incoming: Incoming, limit: number): Promise<ReadBody> {
  if ((incoming.contentLength ?? 0) > limit) return { kind: 'too-large' };
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming.body()) {
      size += chunk.length;
      if (size > limit) return { kind: 'too-large' };
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof BodyAbortedError) return { kind: 'broken-off' };
    throw error;
  }
  return { kind: 'read', bytes: Buffer.concat(chunks, size) };
}

/** Reads a form body (`application/x-www-form-urlencoded`) of at most `limit` bytes. */
export async function readForm(incoming: Incoming, limit: number): Promise<URLSearchParams | OciError> {
  const body = await readBody(incoming, limit);
  if (body.kind === 'too-large') return { code: 'REQUEST_INVALID', message: `the form is larger than ${limit} bytes` };
  if (body.kind === 'broken-off') return { code: 'REQUEST_INVALID', message: 'the form broke off before its end' };
  return new URLSearchParams(body.bytes.toString('utf8'));
}
