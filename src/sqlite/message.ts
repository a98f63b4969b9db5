import type { MessagePort } from 'node:worker_threads';
import type { BatchOutcome, Call } from './batch.ts';

/** A database that a writer's thread is to open. */
export interface ToOpen {
  readonly path: string;
  /** URL of the module that exports `operations`. */
  readonly module: string;
  /** Where everything else about this database is said, both ways. */
  readonly port: MessagePort;
}

/** What the thread is asked. */
export type ToThread = { readonly kind: 'batch'; readonly calls: readonly Call[] } | { readonly kind: 'close' };

/** What the thread answers: whether it is open, then one message for each batch. A database in doubt may be reported at any time. */
export type FromThread = Opened | BatchOutcome;

/** The outcome of opening; `code` is the system's or SQLite's. */
export type Opened =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unopened'; readonly message: string; readonly code?: string };
