import { chmodSync, closeSync, existsSync, openSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Database } from './database.ts';
import { faultOf, isCorrupt } from './fault.ts';
import { makeDatabase } from './new-database.ts';

/** The steps of a schema: the SQL at index `v` turns a database of version `v` into one of version `v + 1`. */
export type Migrations = readonly string[];

/** A database written by a newer release; nothing of it was changed. */
export class DatabaseTooNewError extends Error {
  override name = 'DatabaseTooNewError';
}

/** A database that SQLite finds damaged; nothing of it was changed. */
export class DatabaseDamagedError extends Error {
  override name = 'DatabaseDamagedError';
}

/** A database that cannot be used though nothing says that it is damaged: its volume is full or fails, or others keep it. */
export class DatabaseUnusableError extends Error {
  override name = 'DatabaseUnusableError';
}

/** A database of at most so many bytes is checked whole before it is used; of a larger one, what is read. */
const CHECKED_BYTES = 256 * 1024 * 1024;

/** The page cache of that check, which reads each page once, as SQLite has it: 512 KiB. A larger one is filled and of no use. */
const CHECK_CACHE = -512;

/** The schema's version that a database has; 0 when it is empty. */
export function versionOf(database: Database): number {
  return database.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
}

/**
 * Makes the database at `path` ready for use: created when absent, brought to the newest version in one transaction
 * (all steps or none). Throws {@link DatabaseTooNewError} when it is newer than `migrations` know, and
 * {@link DatabaseDamagedError} when it is damaged, {@link DatabaseUnusableError} when it cannot be read or written.
 */
export function prepareDatabase(path: string, migrations: Migrations): void {
  try {
    makeDatabase(path, (database) => migrate(database, migrations));
    keepPrivate(path);
    using database = new Database(path, 'write');
    const version = versionOf(database);
    if (version > migrations.length) throw tooNew(path, version, migrations.length);
    assertSound(path, database);
    database.useWriteAheadLog();
    if (version < migrations.length) migrate(database, migrations);
  } catch (error) {
    throw faultOf(error) === 'statement'
      ? error
      : isCorrupt(error)
        ? damaged(path, String(error), error)
        : unusable(path, error);
  }
}

/** A database is for its owner alone, whatever folder it was put into; what lies beside it (-wal, -shm) has its mode. */
function keepPrivate(path: string): void {
  try {
    if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
    for (const one of [path, `${path}-wal`, `${path}-shm`].filter(isOpenToOthers)) chmodSync(one, 0o600);
  } catch {
    // A full or read-only volume is told by SQLite, in words of its own.
  }
}

function isOpenToOthers(path: string): boolean {
  return ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0;
}

/** Every page and index is sound, as far as SQLite can tell without knowing the content (sqlite.org/pragma.html#pragma_quick_check). */
function assertSound(path: string, database: Database): void {
  const pages = database.get<{ bytes: number }>(
    'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size',
  );
  if ((pages?.bytes ?? 0) > CHECKED_BYTES) return;
  const kept = database.get<{ cache_size: number }>('PRAGMA cache_size')?.cache_size ?? CHECK_CACHE;
  database.exec(`PRAGMA cache_size = ${CHECK_CACHE}`);
  const found = database.all<{ quick_check: string }>('PRAGMA quick_check(3)').map((row) => row.quick_check);
  database.exec(`PRAGMA cache_size = ${kept}`);
  if (found.join() !== 'ok') throw damaged(path, found.join('; '));
}

function unusable(path: string, cause: unknown): DatabaseUnusableError {
  const { bavail, bsize } = statfsSync(dirname(path));
  return new DatabaseUnusableError(
    `${path} cannot be used now: ${String(cause)}. Nothing was changed. Its volume has ${bavail * bsize} bytes left; ` +
      'make room there, look at its health, and end other programs that keep the file',
    { cause },
  );
}

/** Says of a database that it is damaged, and what to do. */
export function damaged(path: string, what: string, cause?: unknown): DatabaseDamagedError {
  return new DatabaseDamagedError(
    `${path} cannot be used as it is: ${what}. Nothing was changed. Look at the volume's health, and put a backup of the ` +
      'whole data folder in its place: seawall restore FOLDER --replace (docs/durability.md)',
    { cause },
  );
}

function migrate(database: Database, migrations: Migrations): void {
  database.exec('BEGIN EXCLUSIVE');
  try {
    for (const step of migrations.slice(versionOf(database))) database.exec(step);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function tooNew(path: string, found: number, known: number): DatabaseTooNewError {
  return new DatabaseTooNewError(
    `${path} has schema version ${found}, and this release knows versions up to ${known}. ` +
      'Nothing was changed. Start the release that wrote it, or a later one, or restore a backup made before the upgrade.',
  );
}
