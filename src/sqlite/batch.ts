import type { Database } from './database.ts';
import { faultOf } from './fault.ts';
import type { Operation, Operations } from './operation.ts';

/** An operation that a caller asked for: its name and what it takes. */
export interface Call {
  readonly name: string;
  readonly argument: unknown;
}

/** What became of one call of a batch that was committed. */
export type Answer =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly message: string; readonly stack?: string };

/** What became of a batch: every call answered, or none of it kept. */
export type BatchOutcome =
  | { readonly kind: 'committed'; readonly answers: readonly Answer[] }
  | { readonly kind: 'full'; readonly message: string }
  | { readonly kind: 'files'; readonly message: string }
  | { readonly kind: 'busy'; readonly message: string }
  | { readonly kind: 'in-doubt'; readonly message: string };

/**
 * Runs calls in one transaction, each in a savepoint of its own, and commits. The commit is an fsync of the
 * write-ahead log, unless every call is soft: those survive the death of the process, not of the power.
 */
export function runBatch(database: Database, operations: Operations, calls: readonly Call[]): BatchOutcome {
  try {
    database.run(calls.every((call) => operations[call.name]?.soft) ? SOFT : HARD);
    database.run('BEGIN IMMEDIATE');
    const answers = calls.map((call) => runCall(database, operations, call));
    database.run('COMMIT');
    return { kind: 'committed', answers };
  } catch (error) {
    return giveUp(database, error);
  }
}

const SOFT = 'PRAGMA synchronous = NORMAL';
const HARD = 'PRAGMA synchronous = FULL';

function runCall(database: Database, operations: Operations, call: Call): Answer {
  // The names come from a typed writer of the same module; `never` is how a table of unlike operations is typed.
  const operation = operations[call.name] as Operation<unknown, unknown> | undefined;
  if (operation === undefined) return failed(new TypeError(`no operation is named ${call.name}`));
  database.run('SAVEPOINT call');
  try {
    const value = operation.run(database, call.argument);
    database.run('RELEASE call');
    return { kind: 'done', value };
  } catch (error) {
    // A full disk or a faulty one ends the batch: SQLite may have rolled the whole transaction back already.
    if (faultOf(error) !== 'statement' || !database.inTransaction) throw error;
    database.run('ROLLBACK TO call');
    database.run('RELEASE call');
    return failed(error);
  }
}

function failed(error: unknown): Answer {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { kind: 'failed', message, ...(stack === undefined ? {} : { stack }) };
}

/** Nothing of the batch may stay. A full disk, too few descriptors, or another program that has the lock, is known to have kept nothing; any other failure leaves that unknown. */
function giveUp(database: Database, error: unknown): BatchOutcome {
  const message = error instanceof Error ? error.message : String(error);
  try {
    if (database.inTransaction) database.run('ROLLBACK');
  } catch (second) {
    return { kind: 'in-doubt', message: `${message}; and the rollback failed: ${String(second)}` };
  }
  const fault = faultOf(error);
  return { kind: fault === 'statement' || fault === 'database' ? 'in-doubt' : fault, message };
}
