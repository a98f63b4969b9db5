import { closeSync, fsyncSync, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DATABASES } from '../backup/record.ts';
import { damaged } from '../sqlite/migrate.ts';
import { faultsOf } from '../sqlite/soundness.ts';
import { removeDurably } from '../trust/durable-file.ts';

const MARK = 'in-doubt';

/** Leaves word that what is on the disk is in doubt, for the next process; at the end of this one, so never throws. */
export function noteDoubt(root: string): void {
  try {
    const file = openSync(join(root, 'run', MARK), 'w', 0o600);
    fsyncSync(file);
    closeSync(file);
  } catch {
    // The disk that is in doubt may not take a word about it; the next process then looks at what it opens alone.
  }
}

/**
 * Reads every database whole where the process before left word that they are in doubt. Throws `DatabaseDamagedError`
 * when one is damaged; what SQLite could recover is taken for sound.
 */
export async function settleDoubt(root: string): Promise<void> {
  const mark = join(root, 'run', MARK);
  if (!(await isThere(mark))) return;
  for (const name of DATABASES) {
    const path = join(root, name);
    if (!(await isThere(path))) continue;
    const faults = faultsOf(path);
    if (faults.length > 0) throw damaged(path, faults.join('; '));
  }
  await removeDurably(mark);
}

/** Throws where a disk that fails leaves it open. */
async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
