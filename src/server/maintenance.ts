import { randomUUID } from 'node:crypto';
import type { Log } from '../telemetry/log.ts';

/** What can be asked of a running server beside its work. */
export type TaskKind = 'gc' | 'verify' | 'backup';

/** A task as it is shown. */
export interface Task {
  readonly id: string;
  readonly kind: TaskKind;
  readonly state: 'running' | 'done' | 'failed';
  /** How far it has come; once done, what it came to. */
  readonly report: object;
  /** Why it failed. */
  readonly error?: string;
}

/** What a task is given: when to end, and whom to tell how far it has come. */
export interface TaskContext {
  readonly signal: AbortSignal;
  readonly progress: (report: object) => void;
}

/** How many tasks that are over can still be asked for. */
const REMEMBERED = 100;

/** An error whose message is for whoever asked; every other is logged, and told as such. */
export class TaskRefusedError extends Error {
  override name = 'TaskRefusedError';
}

/** The tasks of a server: one of a kind at a time. They end with the process, and are asked for again then. */
export class Maintenance implements AsyncDisposable {
  readonly #log: Log;
  readonly #stop = new AbortController();
  /** In the order of their beginning. */
  readonly #tasks = new Map<string, Task>();
  readonly #running = new Map<TaskKind, { readonly id: string; readonly done: Promise<void> }>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Begins a task, unless one of its kind is running: then `begun` is false, and the task is that one. */
  begin(
    kind: TaskKind,
    run: (context: TaskContext) => Promise<object>,
  ): { readonly begun: boolean; readonly task: Task } {
    const other = this.#running.get(kind);
    const running = other && this.#tasks.get(other.id);
    if (running !== undefined) return { begun: false, task: running };
    const task: Task = { id: randomUUID(), kind, state: 'running', report: {} };
    this.#keep(task);
    const done = this.#run(task, run).finally(() => this.#running.delete(kind));
    this.#running.set(kind, { id: task.id, done });
    return { begun: true, task };
  }

  /** A task by its id; `undefined` for one that was forgotten or never was. */
  task(id: string): Task | undefined {
    return this.#tasks.get(id);
  }

  /** Ends what is running, each task between two of its steps. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new TaskRefusedError('the server stopped before the task was done; begin it again'));
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  async #run(task: Task, run: (context: TaskContext) => Promise<object>): Promise<void> {
    const { signal } = this.#stop;
    try {
      const progress = (reached: object): void => this.#keep({ ...task, report: reached });
      const report = await run({ signal, progress });
      this.#keep({ ...task, state: 'done', report });
    } catch (error) {
      const known = error instanceof TaskRefusedError;
      if (!known) this.#log.event({ event: 'task-failed', task: task.kind, error });
      const message = known
        ? error.message
        : `it failed, for a reason that the log of the server tells: ${String(error)}`;
      this.#keep({ ...task, state: 'failed', error: message, report: this.#tasks.get(task.id)?.report ?? {} });
    }
  }

  #keep(task: Task): void {
    this.#tasks.set(task.id, task);
    for (const [id, { state }] of this.#tasks) {
      if (this.#tasks.size <= REMEMBERED) return;
      if (state !== 'running') this.#tasks.delete(id);
    }
  }
}
