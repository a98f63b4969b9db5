import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where a raw connection leads; `tls` is absent for plain TCP. */
export interface RawTarget {
  readonly port: number;
  readonly host?: string;
  readonly tls?: { readonly ca: string | Buffer; readonly servername?: string };
}

/** One answer as it came; header names are in lower case, `body` is in latin1 so that every byte is one character. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * A connection that sends exactly the bytes it is told and reads whole answers, for requests that no HTTP client would
 * send. A connection the server cut is not an error until an answer is waited for.
 */
export class RawConnection implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  #received = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => (this.#received += text));
    socket.on('error', () => undefined);
  }

  /** Connects, with a TLS handshake where asked; throws when that fails. */
  static async open({ port, host = '127.0.0.1', tls }: RawTarget): Promise<RawConnection> {
    const socket = tls === undefined ? connect({ port, host }) : connectTls({ port, host, ...tls });
    await once(socket, tls === undefined ? 'connect' : 'secureConnect');
    return new RawConnection(socket);
  }

  /** What came and was not yet taken as an answer. */
  get pending(): string {
    return this.#received;
  }

  /** Sends bytes; resolves when the system has taken them or the connection is gone. */
  async send(bytes: string | Uint8Array): Promise<void> {
    const taken = new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve()));
    await Promise.race([taken, this.#closed]);
  }

  /** Stops reading, as a client that is slow or stuck does. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads on after {@link pause}. */
  resume(): void {
    this.#socket.resume();
  }

  /** Sends the end of the stream; answers can still be read. */
  half(): void {
    this.#socket.end();
  }

  /** Cuts the connection at once. */
  cut(): void {
    this.#socket.destroy();
  }

  /** Resolves when the connection is closed, from whichever side. */
  async closed(): Promise<void> {
    await this.#closed;
  }

  /** The next whole answer; `head` for one to HEAD, which has no body. Throws when the connection closes before it. */
  async answer({ head = false } = {}): Promise<RawAnswer> {
    const text = await this.#until((received) => received.indexOf('\r\n\r\n') + 4, 4);
    const [statusLine = '', ...lines] = text.slice(0, -4).split('\r\n');
    const headers = Object.fromEntries(lines.map(splitHeader));
    const status = Number(statusLine.split(' ')[1]);
    const length =
      head || status < 200 || status === 204 || status === 304 ? 0 : Number(headers['content-length'] ?? 0);
    return { status, headers, body: await this.#until(() => length, 0) };
  }

  /** Takes as many characters as `end` says once they are there; `end` below `least` means not yet. */
  async #until(end: (received: string) => number, least: number): Promise<string> {
    for (;;) {
      const length = end(this.#received);
      if (length >= least && this.#received.length >= length) {
        const taken = this.#received.slice(0, length);
        this.#received = this.#received.slice(length);
        return taken;
      }
      if (this.#socket.destroyed)
        throw new Error(
          `the connection closed before an answer; came: ${JSON.stringify(this.#received.slice(0, 200))}`,
        );
      await this.#more();
    }
  }

  #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const go = () => {
      this.#socket.off('data', go).off('close', go);
      resolve();
    };
    this.#socket.on('data', go).on('close', go);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.#closed;
  }
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
