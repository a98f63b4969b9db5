import { once } from 'node:events';
import type { MessagePort } from 'node:worker_threads';
import type { Answer, Call } from './batch.ts';
import type { FromThread, ToThread } from './message.ts';
import type { ArgumentOf, Operations, ResultOf } from './operation.ts';
import { type InThread, WriterThread } from './thread.ts';

/** The most calls that one transaction takes; what waits beyond goes into the next. */
const MAX_BATCH = 512;

/** The volume of the database is full; the calls of the batch were undone. */
export class DatabaseFullError extends Error {
  override name = 'DatabaseFullError';
}

/** No descriptor was left for a file that SQLite needs beside the database; the calls of the batch were undone. */
export class DatabaseFilesError extends Error {
  override name = 'DatabaseFilesError';
}

/** Another program kept the database locked for as long as a statement waits; the calls of the batch were undone. */
export class DatabaseBusyError extends Error {
  override name = 'DatabaseBusyError';
}

/**
 * A commit failed in a way that leaves unknown what is on the disk. Nothing is read or written any more; the process
 * must end, and SQLite recovers when the next one opens the database.
 */
export class DatabaseInDoubtError extends Error {
  override name = 'DatabaseInDoubtError';
}

/** How a writer is opened. */
export interface WriterOptions {
  readonly path: string;
  /** The module that exports `operations`, loaded in the writer's thread. */
  readonly module: URL;
  /** The thread that writes it, with others; its own when absent. */
  readonly thread?: WriterThread | undefined;
  /** Called at most once, when the database is in doubt. */
  readonly onFatal: (error: DatabaseInDoubtError) => void;
}

interface Waiting {
  readonly call: Call;
  readonly transfer: readonly ArrayBuffer[];
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The one writer of a database, in a thread that writes. Calls made while a batch is being written wait and become the
 * next batch: one message there, one transaction, one fsync, one message back, however many callers there are.
 */
export class Writer<O extends Operations> implements AsyncDisposable {
  readonly #port: MessagePort;
  readonly #closed: Promise<unknown>;
  readonly #onFatal: (error: DatabaseInDoubtError) => void;
  #queue: Waiting[] = [];
  #batch: readonly Waiting[] = [];
  #fatal: DatabaseInDoubtError | undefined;
  #closing = false;
  /** Until the thread has closed the database: what becomes of the thread then is others' to know. */
  #open = true;
  #drained: (() => void) | undefined;

  private constructor({ port, worker }: InThread, onFatal: (error: DatabaseInDoubtError) => void) {
    this.#port = port;
    this.#onFatal = onFatal;
    this.#closed = once(port, 'close').then(() => (this.#open = false));
    port.on('message', (message: FromThread) => this.#receive(message));
    worker.on('error', (error) => {
      if (this.#open) this.#fail(`the writer's thread died: ${String(error)}`);
    });
    worker.on('exit', () => {
      if (!this.#closing) this.#fail("the writer's thread ended");
    });
  }

  /** Opens the database in its thread; throws when that cannot. */
  static async open<O extends Operations>(options: WriterOptions): Promise<Writer<O>> {
    const { thread = new WriterThread() } = options;
    return new Writer<O>(await thread.open(options.path, options.module), options.onFatal);
  }

  /**
   * Runs an operation; resolves once its transaction is committed. `transfer` names buffers of `argument` that are
   * given away instead of copied. Rejects with the operation's own error, {@link DatabaseFullError},
   * {@link DatabaseFilesError}, {@link DatabaseBusyError} or {@link DatabaseInDoubtError}.
   */
  call<K extends keyof O & string>(
    name: K,
    argument: ArgumentOf<O[K]>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ResultOf<O[K]>> {
    if (this.#fatal !== undefined) return Promise.reject(this.#fatal);
    if (this.#closing) return Promise.reject(new Error(`the database is closed; ${name} was not run`));
    return new Promise<ResultOf<O[K]>>((resolve, reject) => {
      this.#queue.push({
        call: { name, argument },
        transfer,
        resolve: (value) => resolve(value as ResultOf<O[K]>),
        reject,
      });
      if (this.#batch.length === 0 && this.#queue.length === 1) queueMicrotask(() => this.#send());
    });
  }

  /** Writes what waits, then closes the connection; the thread ends with its last one. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      if (this.#batch.length + this.#queue.length > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
      this.#post({ kind: 'close' });
    }
    await this.#closed;
  }

  #send(): void {
    if (this.#batch.length > 0 || this.#queue.length === 0) return;
    this.#batch = this.#queue.splice(0, MAX_BATCH);
    const calls = this.#batch.map((waiting) => waiting.call);
    try {
      this.#post(
        { kind: 'batch', calls },
        this.#batch.flatMap((waiting) => waiting.transfer),
      );
    } catch (error) {
      // An argument that cannot be cloned or given away: nothing was sent.
      this.#settle((waiting) => waiting.reject(error instanceof Error ? error : new Error(String(error))));
    }
  }

  #post(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, [...transfer]);
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case 'ready':
      case 'unopened':
        return;
      case 'in-doubt':
        return this.#fail(message.message);
      case 'full':
        return this.#settle((waiting) =>
          waiting.reject(new DatabaseFullError(`the database's volume is full: ${message.message}`)),
        );
      case 'files':
        return this.#settle((waiting) =>
          waiting.reject(new DatabaseFilesError(`the process may open no more files: ${message.message}`)),
        );
      case 'busy':
        return this.#settle((waiting) =>
          waiting.reject(new DatabaseBusyError(`another program keeps the database: ${message.message}`)),
        );
      case 'committed':
        return this.#settle((waiting, i) => settle(waiting, message.answers[i]));
    }
  }

  #settle(each: (waiting: Waiting, index: number) => void): void {
    const settled = this.#batch;
    this.#batch = [];
    this.#send();
    settled.forEach(each);
    if (this.#batch.length === 0 && this.#queue.length === 0) this.#drained?.();
  }

  #fail(message: string): void {
    if (this.#fatal !== undefined) return;
    const error = new DatabaseInDoubtError(`the database is in doubt and was closed to all use: ${message}`);
    this.#fatal = error;
    for (const waiting of [...this.#batch, ...this.#queue]) waiting.reject(error);
    this.#batch = [];
    this.#queue = [];
    this.#drained?.();
    this.#onFatal(error);
  }
}

function settle(waiting: Waiting, answer: Answer | undefined): void {
  if (answer?.kind === 'done') return waiting.resolve(answer.value);
  const error = new Error(answer?.message ?? "the writer's thread left a call unanswered");
  if (answer?.stack !== undefined) error.stack = answer.stack;
  waiting.reject(error);
}
