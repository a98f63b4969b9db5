import type { Database } from '../../sqlite/database.ts';
import { faultOf } from '../../sqlite/fault.ts';

/**
 * Runs `work` as one transaction, durable when this returns; undone as a whole when it throws. When the database itself
 * has failed, what is on the disk is unknown: `onFatal` is told, and the process must end (invariant 11).
 */
export function inTransaction<T>(database: Database, work: () => T, onFatal: (error: unknown) => void): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (faultOf(error) === 'database') onFatal(error);
    else if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
