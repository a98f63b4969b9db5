import { constants } from 'node:os';

/** Whether an error says that a quota is used up: Node has no name for it, and its code is a number in words. */
export function isOverQuota(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && error.errno === -constants.errno.EDQUOT;
}
