/** Operations that the writer's test runs in the writer's thread. */
import type { Database } from './database.ts';
import type { Operations } from './operation.ts';

/** The schema that the operations work on. */
export const NOTES_SCHEMA = [
  'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL, parent INTEGER REFERENCES note) STRICT',
];

export const operations = {
  add: {
    run: (database: Database, text: string): number =>
      database.get<{ id: number }>('INSERT INTO note (text) VALUES (?1) RETURNING id', text)?.id ?? 0,
  },
  addSoftly: {
    soft: true,
    run: (database: Database, text: string): number => database.run('INSERT INTO note (text) VALUES (?1)', text),
  },
  addThenThrow: {
    run: (database: Database, text: string): never => {
      database.run('INSERT INTO note (text) VALUES (?1)', text);
      throw new RangeError(`no room for ${text}`);
    },
  },
  sizeOf: { run: (_: Database, bytes: Uint8Array): number => bytes.length },
  synchronous: {
    run: (database: Database) => database.get<{ synchronous: number }>('PRAGMA synchronous')?.synchronous,
  },
  synchronousSoftly: {
    soft: true,
    run: (database: Database) => database.get<{ synchronous: number }>('PRAGMA synchronous')?.synchronous,
  },
  /** Bounds the database's size in pages, which SQLite reports as a full disk. */
  limitPages: { run: (database: Database, pages: number) => void database.get(`PRAGMA max_page_count = ${pages}`) },
  /** Leaves behind what only the commit notices: it fails. */
  breakCommit: {
    run: (database: Database): void => {
      database.run('PRAGMA defer_foreign_keys = ON');
      database.run("INSERT INTO note (text, parent) VALUES ('orphan', 999)");
    },
  },
} as const satisfies Operations;
