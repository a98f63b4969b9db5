import type { BatchOutcome, Call } from './batch.ts';

/** What a writer's thread is told when it starts. */
export interface ThreadData {
  readonly path: string;
  /** URL of the module that exports `operations`. */
  readonly module: string;
}

/** What the thread is asked. */
export type ToThread = { readonly kind: 'batch'; readonly calls: readonly Call[] } | { readonly kind: 'close' };

/** What the thread answers: one message for each batch. A database in doubt may be reported at any time. */
export type FromThread = { readonly kind: 'ready' } | BatchOutcome;
