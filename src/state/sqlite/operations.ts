/** The writes of the state: the module that the writer's thread loads. */
import type { Database } from '../../sqlite/database.ts';
import type { Operations } from '../../sqlite/operation.ts';

/** One row to write (`json`) or to remove (no `json`). */
export interface RowChange {
  readonly key: string;
  readonly json?: string;
}

/** The changes of one decision; `sequence` is the number they make, one above the newest. */
export interface Commit {
  readonly sequence: number;
  readonly rows: readonly RowChange[];
}

export const operations = { commit: { run: commit } } as const satisfies Operations;

/** Writes a decision's changes with its number. Throws when another number is the newest: the file has a second writer. */
function commit(database: Database, { sequence, rows }: Commit): void {
  for (const { key, json } of rows) {
    if (json === undefined) database.run('DELETE FROM resource WHERE key = ?', key);
    else database.run('INSERT OR REPLACE INTO resource VALUES (?, ?)', key, json);
  }
  const moved = database.run('UPDATE generation SET sequence = ?1 WHERE sequence = ?1 - 1', sequence);
  if (moved !== 1) throw new Error(`the state is not at ${sequence - 1}: another process writes it`);
}
