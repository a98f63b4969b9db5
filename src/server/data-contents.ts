import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PRIVATE_MODE, writeDurably } from '../trust/durable-file.ts';

/** What a folder that a server has once served from always has; names are relative to it. */
const HELD = ['metadata.db', 'directory.db', 'state.db', 'work.db', 'trust/secret.key', 'content/blobs'] as const;
const RECORD = 'contents.json';

/** Something that was in a data folder is not there any more: to make it anew would be to forget what refers to the rest. */
export class DataDirIncompleteError extends Error {
  override name = 'DataDirIncompleteError';
}

/**
 * Holds a data folder against the record of what it has. A folder without record has never been served from, or only
 * by an earlier release. Throws {@link DataDirIncompleteError} when something is gone or empty.
 */
export async function assertComplete(root: string): Promise<void> {
  for (const name of await recorded(root))
    if (!(await isThere(join(root, name))))
      throw new DataDirIncompleteError(
        `${join(root, name)} is gone or empty, and the rest of ${root} is there. Nothing was changed. ` +
          'Mount the volume that holds it, or put a backup of the whole folder in its place (docs/durability.md)',
      );
}

/** Records, durably, that everything is there; does nothing where that is known. */
export async function recordContents(root: string): Promise<void> {
  const known = await recorded(root);
  if (HELD.every((name) => known.includes(name))) return;
  await writeDurably(
    join(root, RECORD),
    `${JSON.stringify({ version: 1, holds: HELD }, undefined, 2)}\n`,
    PRIVATE_MODE,
  );
}

async function recorded(root: string): Promise<readonly string[]> {
  const text = await readFile(join(root, RECORD), 'utf8').catch(absent);
  if (text === undefined) return [];
  const holds = holdsIn(text);
  if (Array.isArray(holds) && holds.every((name) => typeof name === 'string')) return holds;
  throw new DataDirIncompleteError(
    `${join(root, RECORD)} does not say what the folder holds. When everything else of it is there, remove this one file`,
  );
}

function holdsIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly holds?: unknown } | null)?.holds;
  } catch {
    return undefined;
  }
}

async function isThere(path: string): Promise<boolean> {
  const found = await stat(path).catch(absent);
  return found !== undefined && (found.isDirectory() || found.size > 0);
}

function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
