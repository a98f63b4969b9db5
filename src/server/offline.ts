import { join } from 'node:path';
import { makeBackup } from '../backup/make.ts';
import { BackupError, type BackupRecord } from '../backup/record.ts';
import { restoreBackup, type Restored, type RestoreRequest } from '../backup/restore.ts';
import { holdLock } from '../sqlite/lock-file.ts';

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
    using held = holdLock(join(request.data, 'run', 'lock.db'));
    if (held === undefined) throw new BackupError(`a seawall serves from ${request.data}; it makes the backup itself`);
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

async function attempt<T>(run: () => Promise<T>): Promise<Offline<T>> {
  try {
    return { kind: 'done', value: await run() };
  } catch (error) {
    if (error instanceof BackupError) return { kind: 'refused', why: error.message };
    throw error;
  }
}
