/**
 * The folder in which base roots are kept:
 *
 *     IMAGES/debian-12/20260131T120000Z/image.json   what it is
 *     IMAGES/debian-12/20260131T120000Z/root/        its files
 *     IMAGES/.making-PID/                            one that is being made; nobody looks in there
 */
import { chmod, mkdir, readdir, readFile, rename, rm, rmdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BaseImage, isImageName, SCHEMA } from './image.ts';
import { runTool } from './run-tool.ts';

const MAKING = '.making-';

/** The folder of a base root's files. */
export function rootOf(folder: string, { name, version }: Pick<BaseImage, 'name' | 'version'>): string {
  return join(folder, name, version, 'root');
}

/** Every base root of a folder, by name, the newest of each first. */
export async function listImages(folder: string): Promise<readonly BaseImage[]> {
  const all: BaseImage[] = [];
  for (const name of (await entries(folder)).filter(isImageName).toSorted())
    for (const version of (await entries(join(folder, name))).toSorted().toReversed()) {
      const image = await readImage(join(folder, name, version));
      if (image !== undefined) all.push(image);
    }
  return all;
}

async function entries(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

async function readImage(folder: string): Promise<BaseImage | undefined> {
  const text = await readFile(join(folder, 'image.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const image: unknown = JSON.parse(text);
  return isImage(image) ? image : undefined;
}

function isImage(value: unknown): value is BaseImage {
  return typeof value === 'object' && value !== null && 'schema' in value && value.schema === SCHEMA;
}

/** Bytes that can still be written where a folder is. */
export async function freeBytes(folder: string): Promise<number> {
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** A place in which a base root is made. Disposed of without {@link keep}, nothing of it is left. */
export interface Making extends AsyncDisposable {
  /** Where its files are to lie. */
  readonly root: string;
  /** Makes it one of the folder's images, at once and whole. */
  keep(image: BaseImage): Promise<void>;
}

/** Begins a base root aside, and takes away what was left by one whose maker is gone. */
export async function beginImage(folder: string): Promise<Making> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await sweepUnfinished(folder);
  const aside = join(folder, `${MAKING}${process.pid}`);
  const root = join(aside, 'root');
  await mkdir(root, { recursive: true });
  await chmod(root, 0o755);
  return {
    root,
    async keep(image) {
      await writeFile(join(aside, 'image.json'), `${JSON.stringify(image, null, 2)}\n`);
      await runTool(['sync', '--file-system', aside]);
      await mkdir(join(folder, image.name), { recursive: true });
      await rename(aside, join(folder, image.name, image.version));
    },
    [Symbol.asyncDispose]: () => rm(aside, { recursive: true, force: true }),
  };
}

async function sweepUnfinished(folder: string): Promise<void> {
  for (const name of (await entries(folder)).filter((one) => one.startsWith(MAKING))) {
    const pid = Number(name.slice(MAKING.length));
    if (pid !== process.pid && isAlive(pid)) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What removing an image comes to. */
export type Removed =
  | { readonly kind: 'removed'; readonly images: readonly BaseImage[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'in-use'; readonly image: BaseImage };

/** Removes every version of an image, or one. One that a running host is laid over stays, and then so do all. */
export async function removeImage(folder: string, name: string, version?: string): Promise<Removed> {
  const images = (await listImages(folder)).filter(
    (one) => one.name === name && (version === undefined || one.version === version),
  );
  if (images.length === 0) return { kind: 'unknown' };
  const mounts = await allMounts();
  const used = images.find((one) => mounts.includes(rootOf(folder, one)));
  if (used !== undefined) return { kind: 'in-use', image: used };
  for (const one of images) {
    // Renamed first, so that nobody finds half of one.
    const aside = join(folder, `${MAKING}${process.pid}-${one.version}`);
    await rename(join(folder, one.name, one.version), aside);
    await rm(aside, { recursive: true, force: true });
  }
  await rmdir(join(folder, name)).catch(() => undefined);
  return { kind: 'removed', images };
}

/** The mounts of every process: each host has a mount namespace of its own. */
async function allMounts(): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const seen = new Set<string>();
  for (const pid of pids) seen.add(await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => ''));
  return [...seen].join('\n');
}
