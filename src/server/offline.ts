import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeBackup } from '../backup/make.ts';
import { BackupError, type BackupRecord, DATABASES } from '../backup/record.ts';
import { restoreBackup, type Restored, type RestoreRequest } from '../backup/restore.ts';
import { DatabaseDamagedError, DatabaseTooNewError, damaged } from '../sqlite/migrate.ts';
import { faultsOf } from '../sqlite/soundness.ts';
import { openState } from '../state/sqlite/state.ts';
import { openFileBytes } from '../store/file/bytes.ts';
import { isFull } from '../store/file/file-error.ts';
import { openMetadata } from '../store/sqlite/metadata.ts';
import { Verifier } from '../store/verify/verifier.ts';
import { verifyAll } from '../store/verify/verify.ts';
import { DataDirIncompleteError } from './data-contents.ts';
import { type DataDir, DataDirInUseError, openDataDir, RestoreUnfinishedError } from './data-dir.ts';
import { shown } from './verify-task.ts';

/** What a command did that needs no server, or what stood in its way. */
export type Offline<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly why: string };

/** Backs up a data directory that no server uses. */
export function backupOffline(request: {
  readonly data: string;
  readonly folder: string;
  readonly copy: boolean;
  readonly progress: (report: object) => void;
}): Promise<Offline<BackupRecord>> {
  return attempt(async () => {
    using _ = await holdData(request.data);
    return await makeBackup({
      ...request,
      placing: request.copy ? 'copy' : 'link',
      nowMs: Date.now(),
      keepBytes: async () => ({ [Symbol.dispose]: () => undefined }),
    });
  });
}

/** Puts a backup in the place of a data directory that no server uses. */
export function restoreOffline(request: Omit<RestoreRequest, 'nowMs'>): Promise<Offline<Restored>> {
  return attempt(() => restoreBackup({ ...request, nowMs: Date.now() }));
}

/** Verifies a data directory that no server uses: its databases page by page, then everything that is in them. */
export function verifyOffline(request: {
  readonly data: string;
  readonly progress: (report: object) => void;
}): Promise<Offline<object>> {
  return attempt(async () => {
    using held = await holdData(request.data);
    for (const name of DATABASES) {
      const faults = faultsOf(join(held.root, name));
      if (faults.length > 0) throw damaged(join(held.root, name), faults.join('; '));
    }
    const onFatal = (error: Error): never => {
      throw error;
    };
    await using state = await openState({ path: held.resources, onFatal });
    await using metadata = await openMetadata({ path: held.metadata, onFatal });
    await using bytes = await openFileBytes(held.content);
    const verifier = new Verifier({ metadata, bytes, checksReads: true, onDamage: () => undefined });
    const { progress } = request;
    return shown(await verifyAll({ metadata, verifier, progress }), state.view());
  });
}

/** Holds a data directory that is there. */
async function holdData(data: string): Promise<DataDir> {
  if ((await stat(join(data, 'metadata.db')).catch(() => undefined)) === undefined)
    throw new BackupError(`${data} is no data directory: it has no metadata.db; name one with --data`);
  return openDataDir(data);
}

const REFUSALS = [
  BackupError,
  DataDirInUseError,
  DataDirIncompleteError,
  RestoreUnfinishedError,
  DatabaseTooNewError,
  DatabaseDamagedError,
] as const;

/** Codes of errors that say what a disk lacks. */
const OF_THE_DISK: ReadonlySet<unknown> = new Set([
  'EIO',
  'EROFS',
  'EACCES',
  'EPERM',
  'EMFILE',
  'ENFILE',
  'ERR_SQLITE_ERROR',
]);

async function attempt<T>(run: () => Promise<T>): Promise<Offline<T>> {
  try {
    return { kind: 'done', value: await run() };
  } catch (error) {
    if (REFUSALS.some((refusal) => error instanceof refusal) && error instanceof Error)
      return { kind: 'refused', why: error.message };
    if (error instanceof Error && (isFull(error) || ('code' in error && OF_THE_DISK.has(error.code))))
      return { kind: 'refused', why: `${error.message}; make room, or mend what the disk lacks, and do it again` };
    throw error;
  }
}
