import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A request with its response. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** At most this many requests of one connection wait for the one before them. */
const MOST_WAITING = 32;

/**
 * Lets each connection have one request at a time: a pipelined one waits until the answer before it is complete
 * (architecture invariant 1; node:http by itself starts it at once).
 */
export class ExchangeQueue {
  readonly #last = new WeakMap<Duplex, Exchange>();
  readonly #waiting = new WeakMap<Duplex, number>();

  /** Runs `start` now, or when the answers before it on this connection are complete, or never if that is cut first. */
  run(exchange: Exchange, start: () => void): void {
    const { socket } = exchange.request;
    const before = this.#last.get(socket);
    this.#last.set(socket, exchange);
    if (before === undefined || before.response.closed) return start();
    if (this.#wait(socket, 1) > MOST_WAITING) return void socket.destroy();
    before.response.once('close', () => {
      this.#wait(socket, -1);
      if (!socket.destroyed && !socket.writableEnded) start();
    });
  }

  /** The newest exchange of a connection, when its answer is not complete. */
  current(socket: Duplex): Exchange | undefined {
    const last = this.#last.get(socket);
    return last === undefined || last.response.closed ? undefined : last;
  }

  #wait(socket: Socket, change: 1 | -1): number {
    const waiting = (this.#waiting.get(socket) ?? 0) + change;
    this.#waiting.set(socket, waiting);
    return waiting;
  }
}
