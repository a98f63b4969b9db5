import { isAbsolute } from 'node:path';
import { makeBackup } from '../backup/make.ts';
import { BackupError } from '../backup/record.ts';
import type { JsonObject } from '../azure/json.ts';
import { type TaskContext, TaskRefusedError } from './maintenance.ts';

/** What the task of `seawall backup` works with. */
export interface BackupTaskOptions {
  readonly data: string;
  readonly keepBytes: () => Promise<Disposable>;
  readonly now: () => number;
}

/** The task of `seawall backup`, which takes `{folder, copy?}`. */
export function backupTask({
  data,
  keepBytes,
  now,
}: BackupTaskOptions): (body: JsonObject) => (context: TaskContext) => Promise<object> {
  return ({ folder, copy = false }) => {
    if (typeof folder !== 'string' || !isAbsolute(folder))
      throw new TaskRefusedError(`folder is ${JSON.stringify(folder)}, must be an absolute path`);
    if (typeof copy !== 'boolean') throw new TaskRefusedError(`copy is ${JSON.stringify(copy)}, must be true or false`);
    const placing = copy ? 'copy' : 'link';
    return (context) =>
      makeBackup({ data, folder, placing, keepBytes, nowMs: now(), ...context }).catch((error: unknown) => {
        if (error instanceof BackupError) throw new TaskRefusedError(error.message, { cause: error });
        throw error;
      });
  };
}
