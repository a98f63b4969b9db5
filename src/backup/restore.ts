import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { holdLock } from '../sqlite/lock-file.ts';
import { faultsOf } from '../sqlite/soundness.ts';
import { epochOf, setEpoch } from '../state/sqlite/epoch.ts';
import { makeDirectory, syncDirectory } from '../store/file/directory-sync.ts';
import { removeDurably } from '../trust/durable-file.ts';
import { placeBlobs, type PlacedBlobs } from './blobs.ts';
import { copyTrust } from './make.ts';
import { type Placing, place } from './place.ts';
import { BackupError, type BackupRecord, DATABASES, readRecord, sha256Of } from './record.ts';
import { noteUnfinished, readUnfinished, UNFINISHED, type Unfinished } from './unfinished.ts';

/** What a restore puts into a data directory, and what SQLite may leave beside its databases. */
const FILLED = [
  'trust',
  'content',
  ...DATABASES.flatMap((name) => ['', '-wal', '-shm', '-journal'].map((suffix) => `${name}${suffix}`)),
];

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
 * the directory. One that is cut is done again from wherever it was. Throws {@link BackupError} with what to do when the
 * backup is not whole or sound, or the directory in use or not empty.
 */
export async function restoreBackup(request: RestoreRequest): Promise<Restored> {
  const { folder, data } = request;
  const record = await readRecord(folder);
  await checkDatabases(folder, record);
  for (const name of ['', 'run']) await makeDirectory(join(data, name), 0o700);
  const lock = holdLock(join(data, 'run', 'lock.db'));
  if (lock === undefined) throw new BackupError(`a seawall serves from ${data}; stop it first`);
  using _ = lock;
  const begun = await readUnfinished(data);
  const above = Math.max(begun?.above ?? 0, epochOf(join(data, 'state.db')));
  const setAside = begun?.phase === 'filling' ? await refill(data, begun) : await clear(request, above, begun);
  await noteUnfinished(data, { phase: 'filling', above, ...(setAside === undefined ? {} : { setAside }) });
  const placed = await fill(request);
  const epoch = nextEpoch([above, epochOf(join(data, 'state.db'))], request.nowMs);
  setEpoch(join(data, 'state.db'), epoch);
  await syncDirectory(data);
  await removeDurably(join(data, UNFINISHED));
  return { record, placed, epoch, ...(setAside === undefined ? {} : { setAside: join(data, setAside) }) };
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

/**
 * Moves what is in the data directory into a folder within it, and answers the name of that; one that broke off
 * meanwhile goes on with the same. The note comes first: a server must not serve from what is left when it is cut.
 */
async function clear(
  { data, replace, nowMs }: RestoreRequest,
  above: number,
  begun: Unfinished | undefined,
): Promise<string | undefined> {
  const names = (await readdir(data)).filter(isOfData);
  if (names.length === 0) return begun?.setAside;
  if (!replace && begun === undefined)
    throw new BackupError(
      `${data} has something in it (${names.slice(0, 3).join(', ')}); add --replace to set it aside, or name another folder with --data`,
    );
  const setAside = begun?.setAside ?? `${ASIDE}${new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')}`;
  await noteUnfinished(data, { phase: 'setting aside', above, setAside });
  const aside = join(data, setAside);
  await makeDirectory(aside, 0o700);
  for (const name of names) await rename(join(data, name), join(aside, name));
  await syncDirectory(aside);
  await syncDirectory(data);
  return setAside;
}

const ASIDE = 'before-restore-';

function isOfData(name: string): boolean {
  return name !== 'run' && !name.startsWith(ASIDE) && !name.startsWith(UNFINISHED);
}

/** Removes what a restore that broke off has put there: it is all in the backup, and no server was let near it. */
async function refill(data: string, { setAside }: Unfinished): Promise<string | undefined> {
  for (const name of FILLED) await rm(join(data, name), { recursive: true, force: true });
  return setAside;
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
