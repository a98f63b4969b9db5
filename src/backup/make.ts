import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyDatabase } from '../sqlite/copy.ts';
import { makeDirectory, syncDirectory } from '../store/file/directory-sync.ts';
import { dropUnfinished } from '../store/sqlite/copied.ts';
import { PRIVATE_MODE, writeDurably } from '../trust/durable-file.ts';
import { placeBlobs, type PlacedBlobs } from './blobs.ts';
import type { Placing } from './place.ts';
import { BackupError, type BackupRecord, DATABASES, type DatabaseName, RECORD, sha256Of } from './record.ts';

/** What is backed up, and where to. */
export interface BackupRequest {
  /** The data directory. */
  readonly data: string;
  /** A folder that is absent or empty; absolute. */
  readonly folder: string;
  readonly placing: Placing;
  readonly nowMs: number;
  /** Resolves when no bytes of blobs are removed any more, until what it answers is disposed of. */
  readonly keepBytes: () => Promise<Disposable>;
  readonly signal?: AbortSignal;
  readonly progress?: (placed: PlacedBlobs) => void;
}

/**
 * Backs up a data directory that may be in use. Each database is copied as it is at one moment: the metadata of content
 * first, then the state, so that no content is without its registry; then the directory, so that no registry is without its
 * passwords. Blobs are those of the copied metadata, whose bytes nobody removes meanwhile and nobody ever
 * changes. Throws {@link BackupError} when the folder has something in it.
 */
export async function makeBackup(request: BackupRequest): Promise<BackupRecord> {
  const { data, folder, nowMs, signal } = request;
  await makeEmpty(folder);
  using _ = await request.keepBytes();
  const sha256: Record<DatabaseName, string> = { 'metadata.db': '', 'state.db': '', 'directory.db': '', 'work.db': '' };
  for (const name of DATABASES) {
    signal?.throwIfAborted();
    const to = join(folder, name);
    await copyDatabase(join(data, name), to, name === 'metadata.db' ? dropUnfinished : undefined);
    sha256[name] = await sha256Of(to);
  }
  await copyTrust(join(data, 'trust'), join(folder, 'trust'));
  const placed = await placeBlobs({
    ...request,
    metadata: join(folder, 'metadata.db'),
    from: join(data, 'content'),
    to: join(folder, 'content'),
  });
  const record: BackupRecord = { format: 1, madeAt: new Date(nowMs).toISOString(), sha256, ...placed };
  await syncDirectory(folder);
  await writeDurably(join(folder, RECORD), `${JSON.stringify(record, null, 2)}\n`, PRIVATE_MODE);
  return record;
}

async function makeEmpty(folder: string): Promise<void> {
  await makeDirectory(folder, 0o700);
  const names = await readdir(folder);
  if (names.length > 0)
    throw new BackupError(
      `${folder} has something in it (${names.slice(0, 3).join(', ')}); name a folder that is new or empty`,
    );
}

/** Keys and certificates: small files, each replaced whole when it changes. */
export async function copyTrust(from: string, to: string): Promise<void> {
  await makeDirectory(to, 0o700);
  for (const entry of await readdir(from, { withFileTypes: true }))
    if (entry.isFile() && !entry.name.endsWith('.tmp')) await copyFile(join(from, entry.name), join(to, entry.name));
  await syncDirectory(to);
}
