import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

/** A value that can be bound to a statement or read from a row. */
export type SqlValue = SQLInputValue;

/** How long a statement waits for a lock of another connection before it fails, in ms. */
const BUSY_TIMEOUT_MS = 10_000;

/** The page cache of one connection, in KiB; what does not fit is in the operating system's cache. */
const PAGE_CACHE_KIB = 16_384;

/** The write-ahead log is cut back to this many bytes once a burst has been checkpointed. */
const LOG_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * One connection to a SQLite database, with every statement prepared once and kept. Synchronous: a point read takes
 * some 10 µs, but a writer belongs in the thread that `writer.ts` makes. No `mmap_size`: a disk error would be a
 * SIGBUS instead of an exception. No `temp_store = MEMORY`:
 * the journal of a savepoint would be a list in memory that every statement walks, and a large delete quadratic.
 */
export class Database implements Disposable {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens `path`; throws what SQLite says when it cannot. A reader fails on every attempt to write. */
  constructor(path: string, mode: 'write' | 'read') {
    this.#connection = new DatabaseSync(path, {
      readOnly: mode === 'read',
      timeout: BUSY_TIMEOUT_MS,
      enableForeignKeyConstraints: true,
    });
    this.#connection.exec(`PRAGMA cache_size = -${PAGE_CACHE_KIB}`);
  }

  /**
   * Turns on the write-ahead log, in which readers never wait for the writer. Checkpoints are made by the writer
   * alone, so that the failure of one is seen. Changes the file: a database is checked before.
   */
  useWriteAheadLog(): void {
    this.exec(
      `PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = ${LOG_LIMIT_BYTES}`,
    );
  }

  /** Runs statements that are not worth keeping: pragmas, migrations. */
  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  /** Runs a statement for its effect; answers how many rows it changed. */
  run(sql: string, ...values: SqlValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  /** The first row of a query, of the shape that its `SELECT` names; `undefined` when there is none. */
  get<Row>(sql: string, ...values: SqlValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  /** Every row of a query, of the shape that its `SELECT` names. */
  all<Row>(sql: string, ...values: SqlValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  /** Whether a transaction is open; SQLite itself ends one on some errors. */
  get inTransaction(): boolean {
    return this.#connection.isTransaction;
  }

  /** Runs several reads on one state of the database, whatever is committed meanwhile. */
  snapshot<T>(read: () => T): T {
    this.run('BEGIN');
    try {
      return read();
    } finally {
      this.run('COMMIT');
    }
  }

  /** Closes the connection; the last one to close empties the write-ahead log. */
  [Symbol.dispose](): void {
    this.#statements.clear();
    this.#connection.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
