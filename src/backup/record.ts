import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** The databases of a data directory, each in the order in which it is copied: what refers to others goes first. */
export const DATABASES = ['metadata.db', 'state.db', 'directory.db', 'work.db'] as const;

/** The name of one of {@link DATABASES}. */
export type DatabaseName = (typeof DATABASES)[number];

/** The file that makes a backup one: written last, so a folder without it is not whole. */
export const RECORD = 'backup.json';

/** What `backup.json` says. Times are ISO 8601, sizes bytes. */
export interface BackupRecord {
  readonly format: 1;
  readonly madeAt: string;
  /** Of the databases, by name. */
  readonly sha256: Readonly<Record<DatabaseName, string>>;
  readonly blobs: number;
  readonly bytes: number;
  /** Blobs whose bytes were not there to be copied: `seawall verify` tells which. */
  readonly missing: number;
}

/** A folder that is no whole backup, or one that this release does not know; the message is for a person. */
export class BackupError extends Error {
  override name = 'BackupError';
}

/** Reads what a folder says of itself. Throws {@link BackupError} where it is no backup. */
export async function readRecord(folder: string): Promise<BackupRecord> {
  const path = join(folder, RECORD);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new BackupError(
      `${folder} is no whole backup: ${path} cannot be read; choose a folder that seawall backup made`,
      {
        cause: error,
      },
    );
  });
  const record = parse(text);
  if (record === undefined)
    throw new BackupError(`${path} is not what this release writes; restore with the release that made the backup`);
  return record;
}

function parse(text: string): BackupRecord | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null || !('format' in json) || json.format !== 1) return undefined;
  const record = json as BackupRecord;
  const whole = DATABASES.every((name) => typeof record.sha256?.[name] === 'string');
  return whole && typeof record.blobs === 'number' ? record : undefined;
}

/** The digest of a file, in hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
