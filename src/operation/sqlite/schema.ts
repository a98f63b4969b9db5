import type { Migrations } from '../../sqlite/migrate.ts';

/** The schema of `work.db`. Times are ms since the epoch. */
export const WORK_MIGRATIONS: Migrations = [
  `
  CREATE TABLE delivery (
    id TEXT PRIMARY KEY,
    webhook TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    due_ms INTEGER,
    attempts INTEGER NOT NULL,
    content TEXT NOT NULL,
    result TEXT
  ) STRICT;
  CREATE INDEX delivery_due ON delivery (due_ms) WHERE due_ms IS NOT NULL;
  CREATE INDEX delivery_of_webhook ON delivery (webhook, created_ms);

  CREATE TABLE work (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    resource TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    input TEXT NOT NULL,
    state TEXT NOT NULL
  ) STRICT;
  CREATE INDEX work_running ON work (id) WHERE ended_ms IS NULL;
  `,
];
