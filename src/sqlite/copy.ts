import { open } from 'node:fs/promises';
import { backup, DatabaseSync } from 'node:sqlite';
import { Database } from './database.ts';

/** More pages than a database has: the copy is made in one step, of one state, however much is written meanwhile. */
const ALL_PAGES = 2 ** 31 - 1;

/**
 * Copies a database that may be in use, in whatever state it is when the copy begins, to a file that is not there; durable
 * save for its name. The copying runs in a thread of Node's pool; writers go on, and their log grows meanwhile. `amend`
 * may change the copy before anybody sees it.
 */
export async function copyDatabase(
  from: string,
  to: string,
  amend: (copy: Database) => void = () => undefined,
): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true });
  try {
    await backup(source, to, { rate: ALL_PAGES });
  } finally {
    source.close();
  }
  amendCopy(to, amend);
  const file = await open(to, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the copy one file, without a log beside it. */
function amendCopy(path: string, amend: (copy: Database) => void): void {
  using copy = new Database(path, 'write');
  copy.exec('PRAGMA journal_mode = DELETE');
  amend(copy);
}
