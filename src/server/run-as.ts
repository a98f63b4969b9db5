import { access, constants, lchown, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartRefusedError } from './ready.ts';

/** Whom the server is to run as, once what needs root is done. */
export interface RunAs {
  /** Gives a folder and all in it to that user. */
  take(folder: string): Promise<void>;
  /** Lets go of root, for every thread and for good. Throws {@link StartRefusedError} when `folder` is out of reach then. */
  become(folder: string): Promise<void>;
}

/** Whom a setting names. Throws {@link StartRefusedError} where there is no such user, or no root to let go of. */
export async function runAs(name: string | undefined): Promise<RunAs> {
  if (name === undefined) return { take: async () => undefined, become: async () => undefined };
  if (process.getuid?.() !== 0)
    throw new StartRefusedError('user can be set by root alone: start with sudo, or without it');
  const found = (await readFile('/etc/passwd', 'utf8')).split('\n').find((line) => line.startsWith(`${name}:`));
  const [, , uidText, gidText] = found?.split(':') ?? [];
  const [uid, gid] = [Number(uidText), Number(gidText)];
  if (found === undefined || !Number.isInteger(uid) || !Number.isInteger(gid))
    throw new StartRefusedError(
      `user: "${name}" is no user of this machine: useradd --system --no-create-home ${name}`,
    );
  if (uid === 0) throw new StartRefusedError(`user: "${name}" is root, whom it is there to let go of`);
  return {
    take: (folder) => give(folder, uid, gid),
    async become(folder) {
      process.setgroups?.([gid]);
      process.setgid?.(gid);
      process.setuid?.(uid);
      await access(folder, constants.R_OK | constants.W_OK | constants.X_OK).catch(() => {
        throw new StartRefusedError(
          `user: "${name}" cannot reach ${folder}: a folder above it keeps that user out; choose another by --data`,
        );
      });
    },
  };
}

async function give(path: string, uid: number, gid: number): Promise<void> {
  await lchown(path, uid, gid);
  const within = await readdir(path, { withFileTypes: true });
  for (const one of within) {
    const inner = join(path, one.name);
    if (one.isDirectory()) await give(inner, uid, gid);
    else await lchown(inner, uid, gid);
  }
}
