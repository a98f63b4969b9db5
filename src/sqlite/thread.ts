import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { FromThread, ToOpen } from './message.ts';

/** A thread that keeps nothing between batches: the young generation of the process would be waste. */
const RESOURCES = { maxYoungGenerationSizeMb: 2 };

/** A database that is open in a thread. */
export interface InThread {
  /** Batches go there and come back. Closed by the thread when the database is. */
  readonly port: MessagePort;
  /** The thread itself, of which the end is the end of all its databases. */
  readonly worker: Worker;
}

/**
 * A thread that writes: begun with the first database that is opened in it, or before, and ended with the last. Each has batches and
 * failures of its own, and waits while another is written: only what is written rarely shares one (8 MB each).
 */
export class WriterThread implements AsyncDisposable {
  #worker: Worker | undefined;

  /** Begins the thread now, so that it is there when the first database is opened. */
  begin(): this {
    this.#worker ??= this.#start();
    return this;
  }

  /** Opens a database; throws what SQLite says when it cannot. */
  async open(path: string, module: URL): Promise<InThread> {
    const worker = (this.#worker ??= this.#start());
    const { port1: port, port2 } = new MessageChannel();
    const asked: ToOpen = { path, module: module.href, port: port2 };
    worker.postMessage(asked, [port2]);
    await opened(port, worker);
    return { port, worker };
  }

  /** Ends the thread. Its databases have been closed before: what they had not written is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./writer-thread.ts', import.meta.url), {
      execArgv: [],
      resourceLimits: RESOURCES,
    });
    // Whoever has a database in it is told; where nobody has, the next to open one is told of another.
    worker.on('error', () => undefined);
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }
}

async function opened(port: MessagePort, worker: Worker): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    const [message] = (await Promise.race([
      once(port, 'message', { signal }),
      // Rejects where the thread fails.
      once(worker, 'exit', { signal }),
    ])) as [FromThread | number];
    if (typeof message === 'number') throw new Error("the writer's thread ended before it opened the database");
    if (message.kind === 'unopened')
      throw Object.assign(new Error(message.message), message.code === undefined ? {} : { code: message.code });
  } finally {
    waiting.abort();
  }
}
