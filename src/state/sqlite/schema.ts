import type { Migrations } from '../../sqlite/migrate.ts';

/** The schema of `state.db`: every resource as JSON, and the number of the newest view. */
export const STATE_MIGRATIONS: Migrations = [
  `
  CREATE TABLE generation (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL
  ) STRICT;
  INSERT INTO generation VALUES (1, 1, 0);
  CREATE TABLE resource (
    key TEXT PRIMARY KEY,
    json TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];
