import type { IncomingMessage } from 'node:http';
import type { ByteSource } from '../store/port.ts';
import { BodyAbortedError } from './incoming.ts';
import { SlotRing } from './slot-ring.ts';
import { type BodyParser, bodyParserOf, readInto, type ReadTarget } from './socket-reads.ts';

/** Shorter bodies are not worth it, in bytes. */
export const LEAST_DIRECT_BYTES = 512 * 1024;

/** So many bodies at once are read so, in 64 MiB of memory; more are read as ever. */
const MOST_BODIES = 32;
let bodies = 0;

/**
 * Reads a large body of known length from its socket straight into memory that is used again, past node:http, at a third of
 * the cost; `undefined` where that cannot be, and the body is to be read as ever. Not to be called in the turn in which the head
 * came, when the parser is not done with what came with it. node's parser learns at the end how far the
 * body came, so that the connection goes on as after any other.
 */
export function readDirectly(request: IncomingMessage, length: number): ByteSource | undefined {
  if (length < LEAST_DIRECT_BYTES || bodies >= MOST_BODIES || request.headers.expect !== undefined) return undefined;
  // What the socket has read already goes the old way.
  while (request.socket.readableLength > 0 && !request.complete) request.socket.read();
  if (request.complete || request.readableDidRead) return undefined;
  const parser = bodyParserOf(request);
  if (parser === undefined) return undefined;
  const body = new DirectBody(request, parser, length);
  return body.begin() ? body : undefined;
}

class DirectBody implements ByteSource, ReadTarget {
  readonly #request: IncomingMessage;
  readonly #parser: BodyParser;
  readonly #ring = SlotRing.take();
  /** What came, in order, and was not asked for yet. */
  readonly #chunks: Uint8Array[] = [];
  #slot: Uint8Array | undefined;
  #filled = 0;
  /** How many bytes are still to come. */
  #left: number;
  /** How many came past the parser. */
  #past = 0;
  #waits = false;
  #wake: (() => void) | undefined;
  #detach: (() => void) | undefined;

  constructor(request: IncomingMessage, parser: BodyParser, length: number) {
    this.#request = request;
    this.#parser = parser;
    this.#left = length;
  }

  /** Whether the socket reads into memory of this from now on. */
  begin(): boolean {
    this.#detach = readInto(this.#request.socket, this);
    if (this.#detach === undefined) {
      this.#ring.retire();
      return false;
    }
    bodies += 1;
    this.#request.once('close', this.#closed).on('error', ignore);
    for (let chunk = this.#read(); chunk !== null; chunk = this.#read()) {
      this.#chunks.push(chunk);
      this.#left -= chunk.length;
    }
    this.#request.socket.resume();
    return true;
  }

  /** What came with the head is with the request. */
  #read(): Buffer | null {
    return this.#request.readableLength > 0 ? (this.#request.read() as Buffer | null) : null;
  }

  memory(): Uint8Array | undefined {
    if (this.#slot === undefined) {
      this.#slot = this.#ring.take();
      this.#filled = 0;
    }
    if (this.#slot !== undefined) return this.#slot.subarray(this.#filled, this.#filled + this.#left);
    this.#waits = true;
    this.#request.socket.pause();
    return undefined;
  }

  read(bytes: number): void {
    this.#filled += bytes;
    if (this.#filled === this.#slot?.length) this.#flush();
    this.#came(bytes);
  }

  readElsewhere(bytes: Uint8Array): Uint8Array {
    const own = bytes.subarray(0, this.#left);
    this.#flush();
    this.#chunks.push(Buffer.from(own));
    this.#came(own.length);
    return bytes.subarray(own.length);
  }

  recycle(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.#ring.give(chunk);
    if (!this.#waits) return;
    this.#waits = false;
    this.#request.socket.resume();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      while (true) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) yield chunk;
        else if (this.#left === 0) return;
        else if (this.#request.closed) throw new BodyAbortedError('the body broke off before its end');
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#end();
    }
  }

  #came(bytes: number): void {
    this.#past += bytes;
    this.#left -= bytes;
    if (this.#left === 0) {
      this.#flush();
      this.#leave();
      // Nobody reads the request itself, and it ends only when it is read.
      this.#request.resume();
    }
    if (this.#chunks.length > 0) this.#wake?.();
  }

  /** What the slot has is a chunk. */
  #flush(): void {
    if (this.#slot !== undefined && this.#filled > 0) this.#chunks.push(this.#slot.subarray(0, this.#filled));
    else if (this.#slot !== undefined) this.#ring.give(this.#slot);
    this.#slot = undefined;
  }

  readonly #closed = (): void => {
    this.#flush();
    this.#wake?.();
  };

  /** The socket is node's again, and its parser as far as the body came. */
  #leave(): void {
    if (this.#detach === undefined) return;
    this.#detach();
    this.#detach = undefined;
    bodies -= 1;
    if (!this.#request.closed) this.#parser.skip(this.#past);
  }

  #end(): void {
    this.#request.off('close', this.#closed);
    this.#flush();
    this.#leave();
    this.recycle(this.#chunks.splice(0));
    this.#ring.retire();
  }
}

function ignore(): void {
  // A request that is cut says so by 'close'.
}
