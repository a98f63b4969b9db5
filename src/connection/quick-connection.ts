import type { Socket } from 'node:net';
import { type QuickAnswer, renderAnswer } from './quick-answer.ts';
import { parseQuickHead, type QuickHead } from './quick-head.ts';

/** Answers a request without a body, each time that it is asked. Never rejects. */
export type QuickRequest = () => Promise<QuickAnswer>;

/** Reads the head of a request without a body, once for as often as a client sends the same one after another. */
export type QuickHandler = (head: QuickHead, socket: Socket) => QuickRequest;

/** How long a connection may stand still, in ms, and how slowly an answer may be taken. */
interface QuickLimits {
  readonly headersTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** What an answer must move on average that its client does not take at once; 0 asks nothing. */
  readonly minBytesPerSecond: number;
}

interface Surroundings {
  readonly handle: QuickHandler;
  /** Takes over a connection for good, with all its bytes still to be read. */
  readonly handOver: (socket: Socket) => void;
  readonly limits: QuickLimits;
  /** Called when the connection has gone or was handed over. */
  readonly left: (connection: QuickConnection) => void;
}

/** Heads that are kept to be known again are copied; longer ones are parsed each time, in bytes. */
const MOST_KEPT = 4 * 1024;

/**
 * Serves the plain requests of connections without node:http, at a fraction of its cost: one request at a time, each
 * without a body and whole in one piece. With the first request that is anything else a connection is handed over, and
 * stays there.
 */
export class QuickConnections {
  readonly #surroundings: Surroundings;
  readonly #open = new Set<QuickConnection>();
  readonly #bySocket = new WeakMap<Socket, QuickConnection>();
  #draining = false;

  /** `handOver` takes over a connection for good, with all its bytes still to be read. */
  constructor(handle: QuickHandler, handOver: (socket: Socket) => void, limits: QuickLimits) {
    this.#surroundings = { handle, handOver, limits, left: (connection) => void this.#open.delete(connection) };
  }

  /** Takes over a connection that is ready for HTTP. */
  accept(socket: Socket): void {
    if (this.#draining) this.#surroundings.handOver(socket);
    else {
      const connection = new QuickConnection(socket, this.#surroundings);
      this.#open.add(connection);
      this.#bySocket.set(socket, connection);
    }
  }

  /** Whether a connection has a request under way that is answered here. */
  isBusy(socket: Socket): boolean {
    return this.#bySocket.get(socket)?.busy === true;
  }

  /** From now on each connection ends with its answer under way, and idle ones end at once. */
  drain(): void {
    this.#draining = true;
    for (const connection of this.#open) connection.drain();
  }
}

class QuickConnection {
  readonly #socket: Socket;
  readonly #surroundings: Surroundings;
  /** The head that came last, to be known again: a client that polls asks the same on and on. */
  #last: { readonly bytes: Buffer; readonly request: QuickRequest } | undefined;
  #busy = false;
  #draining = false;
  #written = false;
  /** What came while a request was being answered. */
  #next: Buffer | undefined;
  #owned = true;
  /** Until its first answer was taken. */
  #isNew = true;

  constructor(socket: Socket, surroundings: Surroundings) {
    this.#socket = socket;
    this.#surroundings = surroundings;
    // Its first request is waited for as node:http waits for a head; each further one as for the next.
    socket.setTimeout(surroundings.limits.headersTimeoutMs);
    socket.on('data', this.#receive).on('timeout', this.#idle).on('close', this.#left);
    socket.resume();
  }

  get busy(): boolean {
    return this.#busy;
  }

  drain(): void {
    this.#draining = true;
    if (!this.#busy) this.#socket.destroy();
  }

  readonly #left = (): void => this.#surroundings.left(this);

  readonly #receive = (bytes: Buffer): void => {
    if (this.#busy) {
      this.#next = this.#next === undefined ? bytes : Buffer.concat([this.#next, bytes]);
      this.#socket.pause();
      return;
    }
    const request = this.#read(bytes);
    if (request === undefined) return this.#handOver(bytes);
    this.#busy = true;
    void this.#answer(request);
  };

  #read(bytes: Buffer): QuickRequest | undefined {
    if (this.#last?.bytes.equals(bytes) === true) return this.#last.request;
    this.#last = undefined;
    const head = parseQuickHead(bytes);
    if (head === undefined) return undefined;
    const request = this.#surroundings.handle(head, this.#socket);
    if (bytes.length <= MOST_KEPT) this.#last = { bytes: Buffer.from(bytes), request };
    return request;
  }

  async #answer(request: QuickRequest): Promise<void> {
    const answer = await request();
    if (this.#socket.destroyed) return answer.done(false);
    const close = this.#draining;
    let bytes: Buffer;
    try {
      bytes = renderAnswer(
        answer,
        close ? 'close' : { keepAliveS: Math.floor(this.#surroundings.limits.keepAliveTimeoutMs / 1000) },
      );
    } catch (error) {
      answer.done(false);
      this.#socket.destroy(error instanceof Error ? error : undefined);
      return;
    }
    this.#written = true;
    this.#socket.write(bytes, (error) => {
      clearTimeout(slow);
      answer.done(!error);
      if (close || this.#draining) this.#socket.end();
      else if (!error) this.#goOn();
    });
    const slow = this.#slow(bytes.length);
  }

  /** The end of a connection whose client takes an answer too slowly: a byte now and then is no use of it. */
  #slow(size: number): NodeJS.Timeout | undefined {
    const { keepAliveTimeoutMs, minBytesPerSecond } = this.#surroundings.limits;
    if (this.#socket.writableLength === 0 || minBytesPerSecond === 0) return undefined;
    return setTimeout(() => this.#socket.destroy(), Math.max(keepAliveTimeoutMs, (size / minBytesPerSecond) * 1000));
  }

  #goOn(): void {
    this.#busy = false;
    this.#written = false;
    if (this.#isNew) this.#socket.setTimeout(this.#surroundings.limits.keepAliveTimeoutMs);
    this.#isNew = false;
    const next = this.#next;
    if (next === undefined) return;
    this.#next = undefined;
    this.#receive(next);
    if (this.#owned) this.#socket.resume();
  }

  #handOver(bytes: Buffer): void {
    const socket = this.#socket;
    socket.off('data', this.#receive).off('timeout', this.#idle).off('close', this.#left);
    this.#owned = false;
    this.#left();
    socket.setTimeout(0);
    socket.pause();
    socket.unshift(bytes);
    this.#surroundings.handOver(socket);
    socket.resume();
  }

  /** It is the client who keeps a connection waiting, unless the server is still at work. */
  readonly #idle = (): void => {
    if (this.#busy && !this.#written) this.#socket.setTimeout(this.#surroundings.limits.keepAliveTimeoutMs);
    else this.#socket.destroy();
  };
}
