import { Database } from './database.ts';

/** The steps of a schema: the SQL at index `v` turns a database of version `v` into one of version `v + 1`. */
export type Migrations = readonly string[];

/** A database written by a newer release; nothing of it was changed. */
export class DatabaseTooNewError extends Error {
  override name = 'DatabaseTooNewError';
}

/** The schema's version that a database has; 0 when it is empty. */
export function versionOf(database: Database): number {
  return database.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
}

/**
 * Makes the database at `path` ready for use: created when absent, brought to the newest version in one transaction
 * (all steps or none). Throws {@link DatabaseTooNewError} when it is newer than `migrations` know.
 */
export function prepareDatabase(path: string, migrations: Migrations): void {
  using database = new Database(path, 'write');
  const version = versionOf(database);
  if (version > migrations.length) throw tooNew(path, version, migrations.length);
  database.useWriteAheadLog();
  if (version < migrations.length) migrate(database, migrations);
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
