/** SQLite's primary result codes that say the database, not the statement, has failed (sqlite.org/rescode.html). */
const FAULTY: ReadonlySet<number> = new Set([7 /* NOMEM */, 10 /* IOERR */, 11 /* CORRUPT */, 26]);

const SQLITE_FULL = 13;
/** A file that a statement needs beside the database cannot be opened: its journal, when no descriptor is left. */
const SQLITE_CANTOPEN = 14;
/** Another connection has what a statement needs, BUSY and LOCKED. */
const WAITING: ReadonlySet<number> = new Set([5, 6]);

/** What an error of SQLite means for the transaction it came in. */
export type Fault = 'statement' | 'full' | 'files' | 'busy' | 'database';

/** Tells a statement that failed from a full disk, from a want of descriptors and from a database that others keep, and all from one that can no longer be trusted. */
export function faultOf(error: unknown): Fault {
  const code = primaryCode(error);
  if (code === SQLITE_FULL) return 'full';
  if (code === SQLITE_CANTOPEN) return 'files';
  if (code !== undefined && WAITING.has(code)) return 'busy';
  return code !== undefined && FAULTY.has(code) ? 'database' : 'statement';
}

/** Whether an error says that the file is not what SQLite wrote (SQLITE_CORRUPT, SQLITE_NOTADB). */
export function isCorrupt(error: unknown): boolean {
  const code = primaryCode(error);
  return code === 11 || code === 26;
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}
