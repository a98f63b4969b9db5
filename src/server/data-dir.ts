import { access, constants, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UNFINISHED } from '../backup/unfinished.ts';
import { isCorrupt } from '../sqlite/fault.ts';
import { holdLock } from '../sqlite/lock-file.ts';
import { DatabaseDamagedError } from '../sqlite/migrate.ts';
import { makeDirectory } from '../store/file/directory-sync.ts';
import { assertComplete } from './data-contents.ts';

/** Where a server keeps what it has. */
export interface DataDir extends Disposable {
  readonly root: string;
  /** Metadata of content (SQLite). */
  readonly metadata: string;
  /** Bytes of blobs and unfinished uploads. */
  readonly content: string;
  /** Principals, credentials and registry identities (SQLite). */
  readonly directory: string;
  /** Desired state of Azure's resources (SQLite). */
  readonly resources: string;
  /** Work that outlives requests (SQLite). */
  readonly work: string;
  /** Certificates and keys. */
  readonly trust: string;
  /** What the running server says of itself. */
  readonly state: string;
}

/** Where the disks of the lab's machines are: root's alone, whomever the rest of the data belongs to. */
export function machinesFolder(dataDir: string): string {
  return join(resolve(dataDir), 'machines');
}

/** Another process serves from the data directory. */
export class DataDirInUseError extends Error {
  override name = 'DataDirInUseError';
}

/** A restore into the data directory has begun and not ended. */
export class RestoreUnfinishedError extends Error {
  override name = 'RestoreUnfinishedError';
}

/**
 * Makes a data directory, durable itself, readable by its owner alone, and holds it until disposed of. Throws
 * {@link DataDirInUseError} when another process holds it, `DataDirIncompleteError` when a part of
 * it is gone, {@link RestoreUnfinishedError} when a restore broke off.
 */
export async function openDataDir(path: string): Promise<DataDir> {
  // What is written of it is read from other working directories.
  const root = resolve(path);
  await access(root, constants.W_OK).catch(unlessAbsent);
  await refuseUnfinished(root);
  await assertComplete(root);
  for (const folder of ['', 'run', 'trust', 'content']) await makeDirectory(join(root, folder), 0o700);
  const lock = takeLock(join(root, 'run', 'lock.db'));
  if (lock === undefined)
    throw new DataDirInUseError(`another seawall serves from ${root}; stop it, or choose another folder with --data`);
  return {
    root,
    metadata: join(root, 'metadata.db'),
    content: join(root, 'content'),
    directory: join(root, 'directory.db'),
    resources: join(root, 'state.db'),
    work: join(root, 'work.db'),
    trust: join(root, 'trust'),
    state: join(root, 'run', 'seawall.json'),
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  };
}

/** The lock's file holds nothing, but whoever has it open may be serving: it is not simply made anew. */
function takeLock(path: string): Disposable | undefined {
  try {
    return holdLock(path);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    const message = `${path}, which holds nothing but a lock, cannot be locked (${String(error)}). When no other seawall serves from this folder, remove that file`;
    throw new DatabaseDamagedError(message, { cause: error });
  }
}

/** What cannot be looked for may be there. */
function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

async function refuseUnfinished(root: string): Promise<void> {
  const there = await stat(join(root, UNFINISHED)).catch(unlessAbsent);
  if (there === undefined) return;
  throw new RestoreUnfinishedError(
    `a restore into ${root} broke off, and it is not whole; do it again: seawall restore FOLDER --data ${root}`,
  );
}
