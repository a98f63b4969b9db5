import { DatabaseSync } from 'node:sqlite';

/**
 * Holds a lock on a file until disposed of; `undefined` when another process, or another holder in this one, has it. It
 * is SQLite's lock on a database of its own: the kernel lets go of it however the process ends, so none is ever stale.
 */
export function holdLock(path: string): Disposable | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS held (x); COMMIT');
    return { [Symbol.dispose]: () => database.close() };
  } catch (error) {
    database.close();
    if (error instanceof Error && error.message.includes('database is locked')) return undefined;
    throw error;
  }
}
