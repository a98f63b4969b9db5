import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { copyDatabase } from '../sqlite/copy.ts';
import { makeDirectory, syncDirectory } from '../store/file/directory-sync.ts';
import { dropUnfinished } from '../store/sqlite/copied.ts';
import { PRIVATE_MODE, writeDurably } from '../trust/durable-file.ts';
import { placeBlobs, type PlacedBlobs } from './blobs.ts';
import { place, type Placing } from './place.ts';
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
  const sha256 = await copyWithKeys(request);
  signal?.throwIfAborted();
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

/** How often the databases are copied anew when keys change meanwhile. */
const MOST_COPIES = 5;

/**
 * Copies databases and keys that belong together: what a database keeps sealed is opened by the keys beside it. Keys that
 * are replaced while databases are copied make the copies worthless.
 */
async function copyWithKeys({ data, folder, signal }: BackupRequest): Promise<BackupRecord['sha256']> {
  const [from, to] = [join(data, 'trust'), join(folder, 'trust')];
  for (let copies = 0; copies < MOST_COPIES; copies++) {
    const before = await fingerprintOf(from);
    const sha256 = await copyDatabases(data, folder, signal);
    await copyTrust(from, to);
    const same = before === (await fingerprintOf(from)) && before === (await fingerprintOf(to));
    if (same) return sha256;
    for (const name of [...DATABASES, 'trust']) await rm(join(folder, name), { recursive: true });
  }
  throw new BackupError(
    `the keys in ${from} were replaced again and again meanwhile; make the backup when they are not`,
  );
}

async function copyDatabases(
  data: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Record<DatabaseName, string>> {
  const sha256: Record<DatabaseName, string> = { 'metadata.db': '', 'state.db': '', 'directory.db': '', 'work.db': '' };
  for (const name of DATABASES) {
    signal?.throwIfAborted();
    const to = join(folder, name);
    await copyDatabase(join(data, name), to, name === 'metadata.db' ? dropUnfinished : undefined);
    sha256[name] = await sha256Of(to);
  }
  return sha256;
}

/** What files of keys and certificates there are, and what is in them. */
async function fingerprintOf(folder: string): Promise<string> {
  const names = (await filesOf(folder)).toSorted();
  const parts = await Promise.all(names.map(async (name) => `${name} ${await sha256Of(join(folder, name))}`));
  return parts.join();
}

async function makeEmpty(folder: string): Promise<void> {
  await makeDirectory(folder, 0o700);
  const names = await readdir(folder);
  if (names.length > 0)
    throw new BackupError(
      `${folder} has something in it (${names.slice(0, 3).join(', ')}); name a folder that is new or empty`,
    );
}

/** Keys and certificates: small files, each replaced whole when it changes. Durable save for the name of the folder. */
export async function copyTrust(from: string, to: string): Promise<void> {
  await makeDirectory(to, 0o700);
  for (const name of await filesOf(from)) await place(join(from, name), join(to, name), 'copy');
  await syncDirectory(to);
}

/** Those that are whole: a file that is being written has another name. */
async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp')).map(({ name }) => name);
}
