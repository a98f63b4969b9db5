import { isOverQuota } from '../../system/over-quota.ts';
import { NoSpaceError } from '../port.ts';

/** Whether an error says that the volume, or the user's quota of it, is full. */
export function isFull(error: unknown): boolean {
  return codeOf(error) === 'ENOSPC' || isOverQuota(error);
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
