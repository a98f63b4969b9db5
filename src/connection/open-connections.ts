import type { Socket } from 'node:net';
import type { ConnectionFacts } from './facts.ts';

/** How far a connection has come: `ready` is what HTTP is spoken on, over TLS or the accepted socket itself. */
type Progress =
  | { readonly state: 'starting' }
  | { readonly state: 'accepted'; readonly facts: ConnectionFacts; readonly ready: Socket };

/** How many connections are looked at for one that may go. */
const LOOKED_AT = 64;

/** Every open connection of a listener by the socket that was accepted, those first that were used longest ago. */
export class OpenConnections {
  readonly #all = new Map<Socket, Progress>();

  /** How many there are. */
  get size(): number {
    return this.#all.size;
  }

  /** Counts a new one, until it is closed. */
  add(socket: Socket): void {
    this.#all.set(socket, { state: 'starting' });
    socket.once('close', () => this.#all.delete(socket));
  }

  /** Says that one has come as far as HTTP. */
  accepted(socket: Socket, facts: ConnectionFacts, ready: Socket): void {
    this.#all.set(socket, { state: 'accepted', facts, ready });
  }

  /**
   * Ends one that waits for its client, where there is one among the first: whoever comes anew is served rather than
   * whoever keeps a connection and asks nothing. `isIdle` tells of one that has come as far as HTTP.
   */
  makeRoom(isIdle: (ready: Socket) => boolean): boolean {
    let left = LOOKED_AT;
    for (const [socket, progress] of this.#all) {
      if (left-- === 0) return false;
      if (progress.state === 'starting' || isIdle(progress.ready)) {
        this.#all.delete(socket);
        socket.resetAndDestroy();
        return true;
      }
      this.#all.delete(socket);
      this.#all.set(socket, progress);
    }
    return false;
  }

  /** Resets those whose facts are such; says how many. */
  cut(which: (facts: ConnectionFacts) => boolean): number {
    const chosen = [...this.#all].filter(([, one]) => one.state === 'accepted' && which(one.facts));
    for (const [socket] of chosen) socket.resetAndDestroy();
    return chosen.length;
  }

  /** Ends those that have not come as far as HTTP. */
  endStarting(): void {
    for (const [socket, { state }] of this.#all) if (state === 'starting') socket.destroy();
  }

  /** Ends all; says how many. */
  endAll(): number {
    const { size } = this.#all;
    for (const socket of this.#all.keys()) socket.destroy();
    return size;
  }
}
