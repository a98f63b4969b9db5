import { Database } from './database.ts';

/** How many faults of a database are told. */
const MOST_FAULTS = 10;

/**
 * Reads a whole database and says what is wrong with it, nothing where it is sound (`PRAGMA quick_check`): some
 * seconds for each GiB.
 */
export function faultsOf(path: string): readonly string[] {
  try {
    using database = new Database(path, 'read');
    const rows = database.all<{ quick_check: string }>(`PRAGMA quick_check(${MOST_FAULTS})`);
    return rows.map((row) => row.quick_check).filter((text) => text !== 'ok');
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
