import { constants } from 'node:os';
import { NoSpaceError } from '../port.ts';

/** Whether an error says that the volume, or the user's quota of it, is full. Node has no name for the latter. */
export function isFull(error: unknown): boolean {
  if (codeOf(error) === 'ENOSPC') return true;
  return error instanceof Error && 'errno' in error && error.errno === -constants.errno.EDQUOT;
}

/** The error to throw for one of the file system: {@link NoSpaceError} when it is full, else itself. */
export function storeError(error: unknown): unknown {
  if (!isFull(error)) return error;
  return new NoSpaceError(`the volume of the blobs is full (${String(codeOf(error))})`, { cause: error });
}

/** What `run` answers, or `undefined` when the file it needs is not there. */
export async function unlessAbsent<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
