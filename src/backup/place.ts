import { constants, copyFile, link, open } from 'node:fs/promises';

/** What hard links cannot do: cross to another volume, exceed a file's links, or be allowed everywhere. */
const NO_LINK: ReadonlySet<string> = new Set(['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP']);

/** How a file is put elsewhere: a second name where the volume is the same, or always a copy. */
export type Placing = 'link' | 'copy';

/**
 * Puts a file that is never written again under another path, durable save for its name. Answers false when it is not
 * there.
 */
export async function place(from: string, to: string, placing: Placing): Promise<boolean> {
  try {
    if (placing === 'link' && (await linked(from, to))) return true;
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await using file = await open(to, 'r');
    await file.sync();
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (NO_LINK.has(codeOf(error))) return false;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
