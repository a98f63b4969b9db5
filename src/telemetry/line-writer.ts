import { write, writeSync } from 'node:fs';

/** Takes lines and writes them when it can, without keeping anybody waiting. */
export interface LineWriter {
  /** Takes one line, with its line feed. Drops it when too much waits already. */
  write(line: string): void;
  /** Resolves once everything taken before has been written. */
  flush(): Promise<void>;
  /** Writes everything that waits, at once: for the end of the process. */
  flushSync(): void;
  /** How many lines were dropped since this was last asked. */
  takeDropped(): number;
}

/** At most this many characters wait for a reader that has stopped reading. */
const MOST_WAITING = 8 * 1024 * 1024;
/** A descriptor that would block is tried again after this many ms. */
const RETRY_MS = 5;

/** Writes lines to a file descriptor in batches, one write under way at a time. The descriptor stays open. */
export class DescriptorWriter implements LineWriter {
  readonly #descriptor: number;
  #waiting: string[] = [];
  #waitingLength = 0;
  /** The batch under way, and how many of its bytes have been written. */
  #batch: Buffer | undefined;
  #written = 0;
  #dropped = 0;
  #flushed: (() => void)[] = [];

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  write(line: string): void {
    if (this.#waitingLength + line.length > MOST_WAITING) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    // All lines of one turn of the event loop go out together.
    if (this.#waiting.length === 1 && this.#batch === undefined) setImmediate(() => this.#next());
  }

  flush(): Promise<void> {
    if (this.#batch === undefined && this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushed.push(resolve));
  }

  flushSync(): void {
    const rest = Buffer.concat([this.#batch?.subarray(this.#written) ?? Buffer.alloc(0), this.#takeWaiting()]);
    this.#batch = undefined;
    try {
      for (let at = 0; at < rest.length; ) at += writeSync(this.#descriptor, rest, at);
    } catch {
      // The process ends and its reader is gone or stuck: there is nobody left to tell.
    }
    this.#settle();
  }

  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  #takeWaiting(): Buffer {
    const bytes = Buffer.from(this.#waiting.join(''));
    this.#waiting = [];
    this.#waitingLength = 0;
    return bytes;
  }

  #next(): void {
    if (this.#batch !== undefined) return;
    if (this.#waiting.length === 0) return this.#settle();
    this.#batch = this.#takeWaiting();
    this.#written = 0;
    this.#continue(this.#batch);
  }

  #continue(batch: Buffer): void {
    write(this.#descriptor, batch, this.#written, (error, written) => {
      // flushSync has written the rest meanwhile.
      if (this.#batch !== batch) return;
      this.#written += error === null ? written : 0;
      if (error?.code === 'EAGAIN') setTimeout(() => this.#batch === batch && this.#continue(batch), RETRY_MS);
      else if (error === null && this.#written < batch.length) this.#continue(batch);
      else this.#end();
    });
  }

  #end(): void {
    this.#batch = undefined;
    this.#next();
  }

  #settle(): void {
    for (const resolve of this.#flushed.splice(0)) resolve();
  }
}
