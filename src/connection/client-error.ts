import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** What node:http says when it gives up on a connection; the codes are those of its parser. */
export interface ClientError {
  readonly code?: string | undefined;
}

/** A status with its message, for a request that never became one. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

const MALFORMED: Refusal = { status: 400, message: 'the request is not valid HTTP/1.1' };
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: 'the headers of the request are larger than 32 KiB' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'the headers of the request did not arrive in time' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, message: 'the chunk extensions of the body are too large' },
};

/** How CONNECT is refused: nothing is tunnelled through a registry. */
export const NO_TUNNEL: Refusal = { status: 405, message: 'this server is no proxy: CONNECT is not supported' };

/** How a request that the parser could not read is refused. */
export function refusalFor(error: ClientError): Refusal {
  return REFUSALS[error.code ?? ''] ?? MALFORMED;
}

/** The body of a refusal, as JSON. */
export type RefusalBody = (refusal: Refusal) => string;

/** In the form of the distribution specification ("Error Codes"). */
const ofRegistries: RefusalBody = ({ message }) => JSON.stringify({ errors: [{ code: 'UNSUPPORTED', message }] });

/** Writes a whole refusal onto a connection that has no answer begun, and ends it. */
export function endWithRefusal(socket: Duplex, refusal: Refusal, bodyOf: RefusalBody = ofRegistries): void {
  const { status } = refusal;
  const body = bodyOf(refusal);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-ms-correlation-request-id: ${randomUUID()}`,
    'connection: close',
  ];
  endWith(socket, `${head.join('\r\n')}\r\n\r\n${body}`);
}

const HTTPS_NEEDED =
  'This port speaks https. Plain http is answered only from this machine itself: write https:// in place of http://.\n';

/** Tells a client without TLS, in plain text, to use it, and ends the connection. */
export function endWithHttpsNeeded(socket: Duplex): void {
  const head = [
    'HTTP/1.1 400 Bad Request',
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(HTTPS_NEEDED)}`,
    'connection: close',
  ];
  endWith(socket, `${head.join('\r\n')}\r\n\r\n${HTTPS_NEEDED}`);
}

/** How long a refused client may take to read its answer, in ms. */
const LINGER_MS = 1000;

/** What the client still sends is thrown away for a moment, as closing at once would take the answer from it (RFC 9112, section 9.6). */
function endWith(socket: Duplex, text: string): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end(text);
  socket.resume();
}
