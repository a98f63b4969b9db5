import type { IncomingHttpHeaders } from 'node:http';

/** The head of a request without a body. */
export interface QuickHead {
  readonly method: 'GET' | 'HEAD';
  readonly url: string;
  /** Names and values by turns, as they were sent. */
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingHttpHeaders;
}

/** Longer heads are left to node:http, in bytes. */
const MOST_BYTES = 8 * 1024;

/** What registries are read by, except the bytes of blobs. */
const REQUEST_LINE = /^(GET|HEAD) (\/v2\/[\w.~%!$&'()*+,;=:@/?-]*) HTTP\/1\.1$/;
const BLOB_BYTES = /^GET \/v2\/[^?]*(?:\/|%2f)blobs(?:\/|%2f)/i;
const HEADER = /^([\w-]+):[ \t]*((?:[!-~](?:[\t -~]*[!-~])?)?)[ \t]*$/;

/** Headers that say more than what they are worth: of a body, of the connection, or of another protocol. */
const PARTICULAR = new Set([
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Reads bytes that are one plain head from first to last, as node:http would; `undefined` for anything else, be it
 * right or wrong: an unusual header, one that is there twice, a body, two requests, half a request. It decides nothing:
 * what it does not know goes to node:http, byte for byte.
 */
export function parseQuickHead(bytes: Buffer): QuickHead | undefined {
  if (bytes.length > MOST_BYTES) return undefined;
  const lines = bytes.toString('latin1').split('\r\n');
  const requestLine = lines[0] ?? '';
  const [, method, url] = REQUEST_LINE.exec(requestLine) ?? [];
  if ((method !== 'GET' && method !== 'HEAD') || url === undefined || BLOB_BYTES.test(requestLine)) return undefined;
  // A head ends with an empty line, and nothing follows.
  if (lines.length < 3 || lines.at(-1) !== '' || lines.at(-2) !== '') return undefined;
  const rawHeaders: string[] = [];
  const headers: Record<string, string> = {};
  for (let i = 1; i < lines.length - 2; i += 1) {
    const [, name = '', value = ''] = HEADER.exec(lines[i] ?? '') ?? [];
    const key = name.toLowerCase();
    if (key === '' || key in headers || PARTICULAR.has(key)) return undefined;
    rawHeaders.push(name, value);
    headers[key] = value;
  }
  return { method, url, rawHeaders, headers };
}
