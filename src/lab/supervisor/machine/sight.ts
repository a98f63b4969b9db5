import { realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';

/** What a machine's root is looked at with. */
interface Sight {
  readonly bases: string;
  readonly hidden: readonly string[];
  /** The folder of its disk. */
  readonly disk: string;
}

/**
 * Why a root cannot be a machine's: something that must be hidden lies in it, or it is not there. What a machine sees is
 * its root, whole, and its own disk. `undefined` when it can.
 */
export async function sightRefusal(base: string, { bases, hidden, disk }: Sight): Promise<string | undefined> {
  const root = await realpath(base).catch(() => undefined);
  if (root === undefined || !(await isFolder(root))) return `there is no root for it at ${base}`;
  if (!holds(await whereIs(bases), root)) return `its root ${base} is not in ${bases} (setting images)`;
  for (const path of hidden) {
    const real = await whereIs(path);
    if (holds(root, real)) return `${path} would lie in its sight, as its root is ${base}: keep them apart`;
    if (holds(disk, real)) return `${path} lies in the folder of its disk, ${disk}: keep them apart`;
  }
  return undefined;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (one) => one.isDirectory(),
    () => false,
  );
}

/** Where a path leads; what is not there yet is where its nearest folder leads. */
async function whereIs(path: string): Promise<string> {
  const absolute = resolve(path);
  const real = await realpath(absolute).catch(() => undefined);
  if (real !== undefined) return real;
  const above = dirname(absolute);
  return above === absolute ? absolute : join(await whereIs(above), absolute.slice(above.length));
}

function holds(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
