import type { Database } from './database.ts';
import { faultOf } from './fault.ts';

/** How many pages of the write-ahead log may wait (4 KiB each) before a commit is followed by a checkpoint. */
export const LOG_PAGES = 2_000;

/**
 * Moves the write-ahead log into the database once more than `allowed` pages wait. Readers are not disturbed. A full
 * disk, a want of descriptors or a lock of another program is left to the next commit to notice; any other failure is
 * thrown, because a second fsync would not tell the truth about what the first lost.
 */
export function checkpoint(database: Database, allowed: number): void {
  const state = database.get<{ log: number; checkpointed: number }>('PRAGMA wal_checkpoint(NOOP)');
  if (state === undefined || state.log - Math.max(0, state.checkpointed) <= allowed) return;
  try {
    database.run('PRAGMA wal_checkpoint(PASSIVE)');
  } catch (error) {
    if (!['full', 'files', 'busy'].includes(faultOf(error))) throw error;
  }
}
