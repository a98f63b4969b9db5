import { STATUS_CODES } from 'node:http';

/** An answer that is in memory as a whole. */
export interface QuickAnswer {
  readonly status: number;
  /** An object that comes again is not written out again. */
  readonly headers: Headers;
  /** The header that no other answer has. */
  readonly own: { readonly name: string; readonly value: string };
  /** Absent where the answer has none, as one to HEAD. */
  readonly body?: string | Buffer;
  /** Called once, when the answer has left the process or the connection is gone; says whether it went out. */
  readonly done: (whole: boolean) => void;
}

/** Names, each once, and values; several are sent as several lines. */
type Headers = Readonly<Record<string, string | readonly string[]>>;

/** How the connection goes on. */
export type Continuation = { readonly keepAliveS: number } | 'close';

const FORBIDDEN = /[^\t\u0020-\u007e\u0080-\u00ff]/;

/** An answer as it is sent (RFC 9112), with the headers that node:http adds. Throws for a header that cannot be sent. */
export function renderAnswer({ status, headers, own, body }: QuickAnswer, continuation: Continuation): Buffer {
  const head =
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n` +
    `${writtenOnce(headers)}${line(own.name, own.value)}${dateLine()}${connectionLines(continuation)}\r\n`;
  const size = body === undefined ? 0 : Buffer.byteLength(body);
  const bytes = Buffer.allocUnsafe(head.length + size);
  bytes.write(head, 'latin1');
  if (typeof body === 'string') bytes.write(body, head.length);
  else body?.copy(bytes, head.length);
  return bytes;
}

const WRITTEN = new WeakMap<Headers, string>();

function writtenOnce(headers: Headers): string {
  const known = WRITTEN.get(headers);
  if (known !== undefined) return known;
  const lines = written(headers);
  WRITTEN.set(headers, lines);
  return lines;
}

function written(headers: Headers): string {
  let lines = '';
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string') lines += line(name, value);
    else for (const one of value ?? []) lines += line(name, one);
  }
  return lines;
}

function connectionLines(continuation: Continuation): string {
  if (continuation === 'close') return 'Connection: close\r\n';
  return `Connection: keep-alive\r\nKeep-Alive: timeout=${continuation.keepAliveS}\r\n`;
}

function line(name: string, value: string): string {
  if (FORBIDDEN.test(value)) throw new TypeError(`the header ${name} has a character that cannot be sent`);
  return `${name}: ${value}\r\n`;
}

const SECOND_MS = 1000;
let date = { second: Number.NaN, line: '' };

/** The same text for a whole second. */
function dateLine(): string {
  const second = Math.floor(Date.now() / SECOND_MS);
  if (second !== date.second) date = { second, line: `Date: ${new Date(second * SECOND_MS).toUTCString()}\r\n` };
  return date.line;
}
