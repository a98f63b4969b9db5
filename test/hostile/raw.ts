import { connect, type Socket } from 'node:net';

/** Where a hostile client is, and where it goes; every address of 127.0.0.0/8 is a client of its own. */
export interface Way {
  readonly port: number;
  /** 127.0.0.1 where it is not given. */
  readonly from?: string;
}

/** Opens a connection; a reset is what such clients get, and no error. */
export function open({ port, from = '127.0.0.1' }: Way): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  return socket.on('error', () => undefined);
}

/** Everything that a connection sends until it ends or is cut. */
export function untilEnded(socket: Socket): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = '';
  socket.setEncoding('latin1').on('data', (more: string) => (text += more));
  socket.on('close', () => resolve(text));
  return promise;
}

/** Resolves once a connection has sent what matches, with all of it; rejects when it ends before. */
export function untilSent(socket: Socket, pattern: RegExp): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  socket.setEncoding('latin1').on('data', (more: string) => {
    text += more;
    if (pattern.test(text)) resolve(text);
  });
  socket.once('close', () => reject(new Error(`ended before ${String(pattern)}: ${JSON.stringify(text)}`)));
  return promise;
}

/** The head of a request; `close` in `headers` is up to whoever asks. */
export function head(line: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`${line} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

/** One request on a connection of its own, and all that came back. */
export function ask(
  way: Way,
  line: string,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer = '',
): Promise<string> {
  const socket = open(way);
  const answer = untilEnded(socket);
  socket.write(head(line, { connection: 'close', 'content-length': String(Buffer.byteLength(body)), ...headers }));
  socket.write(body);
  return answer;
}

/** The status of an answer, or that there was none. */
export function statusOf(answer: string): string {
  return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'cut';
}

/** A header of an answer. */
export function headerOf(answer: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)\r$`, 'im').exec(answer)?.[1];
}

/** The body of an answer as JSON. */
export function jsonOf(answer: string): unknown {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
}
