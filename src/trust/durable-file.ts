import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Access of the owner alone. */
export const PRIVATE_MODE = 0o600;
/** Readable by everybody. */
export const PUBLIC_MODE = 0o644;

/** A file that cannot be used as it is; the message names it and says how to mend it. */
export class TrustFileError extends Error {
  override name = 'TrustFileError';
}

/** A file that holds a secret and that everybody on the machine may read or change. */
class ExposedFileError extends TrustFileError {
  override name = 'ExposedFileError';
}

/** Replaces a file whole: whoever reads it, after a power failure too, finds the old content or the new. */
export async function writeDurably(path: string, content: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await using file = await open(temporary, 'wx', mode);
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/** Removes a file, durably. Absent is not an error. */
export async function removeDurably(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncDirectory(dirname(path));
}

/** The text of a file; `undefined` when there is none. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/**
 * The text of a file that holds a secret; `undefined` when there is none. Throws {@link ExposedFileError} when
 * everybody may read or change it; its group may, as volumes of containers are handed over by group.
 */
export async function readSecretFile(path: string): Promise<string | undefined> {
  const text = await readIfPresent(path);
  if (text !== undefined && (await isExposed(path)))
    throw new ExposedFileError(
      `${path} holds a secret and is open to every user of this machine. Run: chmod 600 ${path}`,
    );
  return text;
}

/** Whether users other than a file's owner and group have any access to it. */
export async function isExposed(path: string): Promise<boolean> {
  return process.platform !== 'win32' && ((await stat(path)).mode & 0o007) !== 0;
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}
