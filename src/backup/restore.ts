import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { holdLock } from '../sqlite/lock-file.ts';
import { faultsOf } from '../sqlite/soundness.ts';
import { epochOf, setEpoch } from '../state/sqlite/epoch.ts';
import { makeDirectory, syncDirectory } from '../store/file/directory-sync.ts';
import { PRIVATE_MODE, removeDurably, writeDurably } from '../trust/durable-file.ts';
import { placeBlobs, type PlacedBlobs } from './blobs.ts';
import { copyTrust } from './make.ts';
import { type Placing, place } from './place.ts';
import { BackupError, type BackupRecord, DATABASES, readRecord, sha256Of } from './record.ts';

/** The file in a data directory that says that a restore has begun and not ended. */
export const UNFINISHED = 'restore-unfinished';

/** What is restored, and where to. */
export interface RestoreRequest {
  /** A folder that a backup made; absolute. */
  readonly folder: string;
  /** The data directory; absolute. */
  readonly data: string;
  /** Whether what is in the data directory is set aside. */
  readonly replace: boolean;
  readonly placing: Placing;
  readonly nowMs: number;
  readonly progress?: (placed: PlacedBlobs) => void;
}

/** What a restore did. */
export interface Restored {
  readonly record: BackupRecord;
  readonly placed: PlacedBlobs;
  /** The epoch of the state from now on: above every one before, so generations never go back. */
  readonly epoch: number;
  /** Where what was there before is now. */
  readonly setAside?: string;
}

/**
 * Puts a backup in the place of a data directory that no server uses. Nothing is deleted: what is there is set aside within
 * the directory. Throws {@link BackupError} with what to do when the backup is not whole or sound, or the
 * directory in use or not empty.
 */
export async function restoreBackup(request: RestoreRequest): Promise<Restored> {
  const { folder, data } = request;
  const record = await readRecord(folder);
  await checkDatabases(folder, record);
  for (const name of ['', 'run']) await makeDirectory(join(data, name), 0o700);
  const lock = holdLock(join(data, 'run', 'lock.db'));
  if (lock === undefined) throw new BackupError(`a seawall serves from ${data}; stop it first`);
  using _ = lock;
  const before = epochOf(join(data, 'state.db'));
  const setAside = await clear(request);
  await writeDurably(join(data, UNFINISHED), `${folder}\n`, PRIVATE_MODE);
  const placed = await fill(request);
  const epoch = nextEpoch([before, epochOf(join(data, 'state.db'))], request.nowMs);
  setEpoch(join(data, 'state.db'), epoch);
  await syncDirectory(data);
  await removeDurably(join(data, UNFINISHED));
  return { record, placed, epoch, ...(setAside === undefined ? {} : { setAside }) };
}

async function checkDatabases(folder: string, record: BackupRecord): Promise<void> {
  for (const name of DATABASES) {
    const path = join(folder, name);
    const found = await sha256Of(path).catch((error: unknown) => String(error));
    if (found !== record.sha256[name])
      throw new BackupError(
        `${path} is not what was backed up (sha256 ${found}, not ${record.sha256[name]}); take another backup`,
      );
    const faults = faultsOf(path);
    if (faults.length > 0) throw new BackupError(`${path} is damaged (${faults.join('; ')}); take another backup`);
  }
}

/**
 * Above every epoch that this directory and the backup know of. The same backup may have been restored elsewhere, of which
 * nothing is known here: the time, in seconds, keeps the two apart, as a lower bound alone.
 */
function nextEpoch(known: readonly number[], nowMs: number): number {
  return Math.max(...known.map((epoch) => epoch + 1), Math.floor(nowMs / 1000));
}

/** Moves what is in the data directory into a folder within it. A restore that broke off left nothing worth keeping. */
async function clear({ data, replace, nowMs }: RestoreRequest): Promise<string | undefined> {
  const names = (await readdir(data)).filter((name) => name !== 'run' && !name.startsWith('before-restore-'));
  if (names.length === 0) return undefined;
  if (!replace && !names.includes(UNFINISHED))
    throw new BackupError(
      `${data} has something in it (${names.slice(0, 3).join(', ')}); add --replace to set it aside, or name another folder with --data`,
    );
  const aside = join(data, `before-restore-${new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')}`);
  await mkdir(aside, { mode: 0o700 });
  for (const name of names) await rename(join(data, name), join(aside, name));
  await syncDirectory(aside);
  await syncDirectory(data);
  return aside;
}

async function fill({ folder, data, placing, progress }: RestoreRequest): Promise<PlacedBlobs> {
  await copyTrust(join(folder, 'trust'), join(data, 'trust'));
  for (const name of DATABASES) await place(join(folder, name), join(data, name), 'copy');
  return placeBlobs({
    metadata: join(folder, 'metadata.db'),
    from: join(folder, 'content'),
    to: join(data, 'content'),
    placing,
    ...(progress === undefined ? {} : { progress }),
  });
}
