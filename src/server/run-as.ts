import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lchown, lstat, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartRefusedError } from './ready.ts';

/** Whom the server runs as, once what needs root is done. */
export type RunAs =
  /** Stays whom it was started as; `why` where root would have been let go of, and could not. */
  | { readonly kind: 'stay'; readonly why?: string }
  | { readonly kind: 'become'; readonly name: string; readonly uid: number; readonly gid: number };

/** What choosing a user goes by. */
export interface RunAsQuestion {
  /** Whom a setting names. */
  readonly named: string | undefined;
  /** Whether somebody else keeps root, so that it is let go of unasked. */
  readonly unasked: boolean;
  /** The data folder. */
  readonly folder: string;
  readonly sudo: Sudo;
}

/** Who called `sudo`, by its variables. */
export interface Sudo {
  readonly uid?: string | undefined;
  readonly gid?: string | undefined;
}

const SOURCES = fileURLToPath(new URL('..', import.meta.url));
/** Users for a server that nobody named one for, the first that there is. */
const USUAL = ['seawall', 'nobody'];

/**
 * Whom to run as: whom the setting names; else, where root is to be let go of, who called sudo, whom the data belongs to, or
 * a user of the system's. Throws {@link StartRefusedError} when the named one cannot be.
 */
export async function chooseUser(question: RunAsQuestion): Promise<RunAs> {
  const { named, unasked, folder } = question;
  const isRoot = process.getuid?.() === 0;
  if (named !== undefined) return namedUser(named, folder, isRoot);
  if (!isRoot || !unasked) return { kind: 'stay' };
  let why = 'this machine has no user "seawall" and none called "nobody"';
  for (const one of await candidates(question)) {
    if (await reaches(one, folder)) return one;
    why = `"${one.name}" cannot reach ${folder} or ${SOURCES}`;
  }
  return { kind: 'stay', why: `${why}: keep both outside of folders that are root's alone, or name a user by --user` };
}

type Become = Extract<RunAs, { kind: 'become' }>;

async function namedUser(name: string, folder: string, isRoot: boolean): Promise<Become> {
  if (!isRoot) throw new StartRefusedError('user can be set by root alone: start with sudo, or without it');
  const user = await userOf(name);
  if (user === undefined)
    throw new StartRefusedError(
      `user: "${name}" is no user of this machine: useradd --system --no-create-home ${name}`,
    );
  if (user.uid === 0) throw new StartRefusedError(`user: "${name}" is root, whom it is there to let go of`);
  if (await reaches(user, folder)) return user;
  throw new StartRefusedError(
    `user: "${name}" cannot reach ${folder} or ${SOURCES}: a folder above keeps that user out; choose another folder by --data`,
  );
}

async function candidates({ folder, sudo }: RunAsQuestion): Promise<readonly Become[]> {
  const owner = await stat(folder).catch(() => undefined);
  const [uid, gid] = [Number(sudo.uid), Number(sudo.gid)];
  return [
    ...(uid > 0 && gid > 0 ? [{ kind: 'become', name: `uid ${uid}`, uid, gid } as const] : []),
    ...(owner !== undefined && owner.uid > 0
      ? [{ kind: 'become', name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid } as const]
      : []),
    ...(await Promise.all(USUAL.map(userOf))).filter((one) => one !== undefined && one.uid > 0),
  ].filter((one) => one !== undefined);
}

/** A user of this machine. */
async function userOf(name: string): Promise<Become | undefined> {
  const found = (await readFile('/etc/passwd', 'utf8')).split('\n').find((line) => line.startsWith(`${name}:`));
  const [, , uidText, gidText] = found?.split(':') ?? [];
  const [uid, gid] = [Number(uidText), Number(gidText)];
  return found !== undefined && Number.isInteger(uid) && Number.isInteger(gid)
    ? { kind: 'become', name, uid, gid }
    : undefined;
}

/** Whether a user comes as far as the folder above the data, which is made theirs, and reads the program. */
async function reaches({ uid, gid }: Become, folder: string): Promise<boolean> {
  const child = spawn('test', ['-x', dirname(folder), '-a', '-r', join(SOURCES, 'main.ts')], {
    uid,
    gid,
    cwd: '/',
    stdio: 'ignore',
  });
  const [code]: readonly unknown[] = await once(child, 'exit').catch(() => [undefined]);
  return code === 0;
}

/** Gives the data to that user, and lets go of root, for every thread and for good. `keep` names what stays root's. */
export async function become({ uid, gid }: Become, folder: string, keep: readonly string[]): Promise<void> {
  await give(folder, { uid, gid, keep, depth: 0 });
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

/** How deep this start may have made something as root in folders that are the user's already. */
const DEEP = 2;

async function give(
  path: string,
  to: { readonly uid: number; readonly gid: number; readonly keep: readonly string[]; readonly depth: number },
): Promise<void> {
  const { uid, gid, keep, depth } = to;
  const found = await lstat(path);
  if (found.uid !== uid || found.gid !== gid) await lchown(path, uid, gid);
  else if (depth > DEEP) return;
  if (!found.isDirectory()) return;
  for (const name of await readdir(path))
    if (depth > 0 || !keep.includes(name)) await give(join(path, name), { ...to, depth: depth + 1 });
}
