import type { Database } from './database.ts';

/**
 * One kind of write. `run` is synchronous and works inside a savepoint of its own: when it throws, its changes alone
 * are undone. What it takes and answers must survive `structuredClone`.
 */
export interface Operation<Argument, Result> {
  /** Whether a power failure may undo the change after it was acknowledged; it then costs no fsync. */
  readonly soft?: true;
  readonly run: (database: Database, argument: Argument) => Result;
}

/** The writes of one database, by name: what the module that a writer is given exports as `operations`. */
export type Operations = Readonly<Record<string, Operation<never, unknown>>>;

/** What an operation takes. */
export type ArgumentOf<O> = O extends Operation<infer Argument, unknown> ? Argument : never;

/** What an operation answers. */
export type ResultOf<O> = O extends { readonly run: (database: Database, argument: never) => infer Result }
  ? Result
  : never;
