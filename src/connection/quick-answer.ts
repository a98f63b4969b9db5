import { STATUS_CODES } from 'node:http';

/** An answer that is in memory as a whole. */
export interface QuickAnswer {
  readonly status: number;
  /** Several values are sent as several lines. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Absent where the answer has none, as one to HEAD. */
  readonly body?: string | Buffer;
  /** Called once, when the answer has left the process or the connection is gone; says whether it went out. */
  readonly done: (whole: boolean) => void;
}

/** How the connection goes on. */
export type Continuation = { readonly keepAliveS: number } | 'close';

const FORBIDDEN = /[^\t\u0020-\u007e\u0080-\u00ff]/;

/** An answer as it is sent (RFC 9112), with the headers that node:http adds. Throws for a header that cannot be sent. */
export function renderAnswer({ status, headers, body }: QuickAnswer, continuation: Continuation): Buffer {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string') head += line(name, value);
    else for (const one of value ?? []) head += line(name, one);
  }
  head += dateLine();
  head +=
    continuation === 'close'
      ? 'Connection: close\r\n\r\n'
      : `Connection: keep-alive\r\nKeep-Alive: timeout=${continuation.keepAliveS}\r\n\r\n`;
  const size = body === undefined ? 0 : Buffer.byteLength(body);
  const bytes = Buffer.allocUnsafe(head.length + size);
  bytes.write(head, 'latin1');
  if (typeof body === 'string') bytes.write(body, head.length);
  else body?.copy(bytes, head.length);
  return bytes;
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
