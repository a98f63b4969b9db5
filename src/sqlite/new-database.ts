import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { Database } from './database.ts';

/** What SQLite keeps beside a database. */
const BESIDE = ['-journal', '-wal', '-shm'];

/**
 * Makes a database where there is none: aside, unsynced, then synced whole and given its name. After a crash it is there with all that
 * `fill` writes, or not at all. Two fsyncs where SQLite by itself has nine. `false`: nothing was made, as there is something already,
 * or something failed, which whoever opens the database in the usual way is told of.
 */
export function makeDatabase(path: string, fill: (database: Database) => void): boolean {
  if (['', ...BESIDE].some((end) => existsSync(`${path}${end}`))) return false;
  const made = `${path}.new`;
  try {
    removeWhole(made);
    // For its owner alone, whatever folder it was put into.
    closeSync(openSync(made, 'wx', 0o600));
    write(made, fill);
    sync(made);
    renameSync(made, path);
    sync(dirname(path));
    return true;
  } catch {
    removeWhole(made);
    return false;
  }
}

function write(made: string, fill: (database: Database) => void): void {
  using database = new Database(made, 'write');
  // Not into the log: closing does not say where that could not be put into the database.
  database.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY');
  fill(database);
  database.useWriteAheadLog();
}

function removeWhole(path: string): void {
  try {
    for (const end of ['', ...BESIDE]) rmSync(`${path}${end}`, { force: true });
  } catch {
    // What stays there is in the way of making another, and of nothing else.
  }
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
