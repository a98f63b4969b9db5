import { lchown, mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { MachinePlan } from '../../machine.ts';

/** The folders of one machine. */
export interface Disk {
  readonly folder: string;
  /** Whether it has been set up: its next start is not the first. */
  isSetUp(): Promise<boolean>;
  /** The root that it was first laid over, and is for good; the planned one before that. */
  baseOf(plan: MachinePlan): Promise<string>;
  /** Makes its folders, and at a first start what is put into it. */
  prepare(plan: MachinePlan): Promise<void>;
  record(process: RecordedProcess): Promise<void>;
  recorded(): Promise<RecordedProcess | undefined>;
  /** The end of what it said last, in one line. */
  lastWords(): Promise<string>;
  /** Whether next to nothing can be written there any more. */
  isFull(): Promise<boolean>;
  remove(): Promise<void>;
}

/** The first process of a machine that runs: `startTicks` tells it from another one that was given its pid. */
export interface RecordedProcess {
  readonly pid: number;
  readonly startTicks: string;
  readonly boot: number;
  readonly namespace: string;
}

/** In bytes. */
const NEXT_TO_NOTHING = 64 * 1024;
const FOLDERS = ['root', 'up', 'work', 'docker', 'containerd'];

/** The disk of a machine in a folder of machines. Throws when the uid is none. */
export function diskOf(machines: string, uid: string): Disk {
  if (!/^[\w-]{1,80}$/.test(uid)) throw new Error(`${JSON.stringify(uid)} is no uid of a machine`);
  const folder = join(machines, uid);
  const record = join(folder, 'process.json');
  return {
    folder,
    isSetUp: () => exists(join(folder, 'set-up')),
    baseOf: async ({ base }) => (await readFile(join(folder, 'base'), 'utf8').catch(() => undefined)) ?? base,
    async prepare(plan) {
      // Overlay mounts are told their folders by a list of options, in which these part one from the next.
      for (const path of [folder, plan.base])
        if (/[,:\\\n]/.test(path)) throw new Error(`the path ${path} holds one of , : \\ and cannot be mounted`);
      await mkdir(machines, { recursive: true, mode: 0o700 });
      await mkdir(folder, { recursive: true, mode: 0o700 });
      for (const name of FOLDERS) await mkdir(join(folder, name), { recursive: true, mode: 0o755 });
      await rm(record, { force: true });
      await rm(join(folder, 'seed'), { recursive: true, force: true });
      await mkdir(join(folder, 'seed'), { mode: 0o755 });
      if (await exists(join(folder, 'set-up'))) return;
      await writeFile(join(folder, 'base'), plan.base);
      await seed(join(folder, 'seed'), plan);
    },
    async record(process) {
      await writeFile(`${record}.new`, JSON.stringify(process));
      await rename(`${record}.new`, record);
    },
    async recorded() {
      const text = await readFile(record, 'utf8').catch(() => undefined);
      // Only this file writes it, whole.
      return text === undefined ? undefined : (JSON.parse(text) as RecordedProcess);
    },
    async lastWords() {
      const log = await readFile(join(folder, 'log'), 'utf8').catch(() => '');
      return log.trim().split('\n').slice(-3).join('; ').slice(-500);
    },
    async isFull() {
      const room = await statfs(folder).catch(() => undefined);
      return room !== undefined && room.bavail * room.bsize < NEXT_TO_NOTHING;
    },
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** The uids of the disks in a folder of machines. */
export async function disksIn(machines: string): Promise<readonly string[]> {
  return readdir(machines).catch(() => []);
}

async function seed(folder: string, { files }: MachinePlan): Promise<void> {
  for (const { path, mode, content } of files) {
    if (!path.startsWith('/') || normalize(path) !== path) throw new Error(`${path} is no place for a file`);
    const at = join(folder, path);
    await mkdir(dirname(at), { recursive: true, mode: 0o755 });
    await writeFile(at, content, { mode });
    await lchown(at, 0, 0);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
