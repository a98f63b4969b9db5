import { mkdir, readdir, readFile, readlink, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Hierarchy, hierarchiesOf, limitsIn, mountLine } from '../../cgroup.ts';
import type { MachineLimits } from '../../machine.ts';
import { PREFIX } from '../../plan.ts';

/** The cgroups of the machines of one lab, in every tree, below the supervisor's own: its limits hold for all of them. */
export interface Groups {
  /** What a machine mounts of them, one a line. */
  readonly mounts: string;
  /** Makes a machine's; answers the folders that its first process joins. Its bounds are above these, out of its reach. */
  make(uid: string, limits: MachineLimits): Promise<readonly string[]>;
  /** The folders that a further process of a machine joins. */
  joined(uid: string): Promise<readonly string[]>;
  /** Kills what is in a machine's, and removes them. */
  remove(uid: string): Promise<void>;
  /** The machines that have any. */
  all(): Promise<readonly string[]>;
}

/** A machine is in here, and its bounds are on the folder above, which it cannot see. */
const INNER = 'in';

/** Finds the trees. Labs of several networks on one machine are told apart by the number of their network. */
export async function openGroups(): Promise<Groups> {
  const [cgroup, mountinfo] = await Promise.all([
    readFile('/proc/self/cgroup', 'utf8').catch(() => ''),
    readFile('/proc/self/mountinfo', 'utf8').catch(() => ''),
  ]);
  const number = /\d+/.exec(await readlink('/proc/self/ns/net'))?.[0] ?? '0';
  const trees = hierarchiesOf(cgroup, mountinfo);
  const lab = (tree: Hierarchy): string => join(tree.own, `${PREFIX}-${number}`);
  return {
    mounts: trees.map(mountLine).join('\n'),
    async make(uid, limits) {
      for (const tree of trees) await makeIn(tree, lab(tree), uid, limits);
      return trees.map((tree) => join(lab(tree), uid, INNER));
    },
    joined: async (uid) => Promise.all(trees.map((tree) => leafOf(tree, join(lab(tree), uid, INNER)))),
    async remove(uid) {
      await Promise.all(trees.map((tree) => removeTree(join(lab(tree), uid))));
      // The lab's own goes with its last machine.
      for (const tree of trees) await rmdir(lab(tree)).catch(() => undefined);
    },
    async all() {
      const found = await Promise.all(trees.map((tree) => foldersIn(lab(tree))));
      return [...new Set(found.flat())];
    },
  };
}

async function makeIn(tree: Hierarchy, lab: string, uid: string, limits: MachineLimits): Promise<void> {
  const outer = join(lab, uid);
  await mkdir(outer, { recursive: true });
  // Where the kernel refuses these (a cgroup with processes of its own, v2), machines go without bounds.
  if (tree.version === 'v2')
    for (const one of [tree.own, lab]) await put(one, 'cgroup.subtree_control', '+memory +pids +cpu');
  // Before there is one within: devices are denied to a cgroup without children alone.
  for (const { file, text } of limitsIn(tree, limits)) await put(outer, file, text);
  await mkdir(join(outer, INNER), { recursive: true });
  // A new cpuset has no processor and no memory, and takes no process.
  if (tree.controllers.includes('cpuset'))
    for (const one of [lab, outer, join(outer, INNER)]) await inheritCpuset(tree.own, one);
}

async function inheritCpuset(own: string, folder: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems'])
    await put(folder, file, await readFile(join(own, file), 'utf8').catch(() => ''));
}

async function put(folder: string, file: string, text: string): Promise<void> {
  await writeFile(join(folder, file), text, { flag: 'r+' }).catch(() => undefined);
}

/** On v2 the processes of a machine are in a child of its own: a cgroup with controllers for children has none itself. */
async function leafOf(tree: Hierarchy, inner: string): Promise<string> {
  const leaf = join(inner, 'init');
  const there = tree.version === 'v2' && (await stat(leaf).catch(() => undefined)) !== undefined;
  return there ? leaf : inner;
}

const REMOVE_TRIES = 100;
const REMOVE_EVERY_MS = 20;

async function removeTree(folder: string): Promise<void> {
  for (let i = 0; i < REMOVE_TRIES; i += 1) {
    await killIn(folder);
    if (await removed(folder)) return;
    await wait(REMOVE_EVERY_MS);
  }
}

async function removed(folder: string): Promise<boolean> {
  for (const name of await foldersIn(folder)) await removed(join(folder, name));
  return rmdir(folder).then(
    () => true,
    (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT',
  );
}

async function killIn(folder: string): Promise<void> {
  const pids = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '');
  for (const pid of pids.split('\n').filter((line) => line !== '' && line !== '0')) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  for (const name of await foldersIn(folder)) await killIn(join(folder, name));
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const all = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return all.filter((one) => one.isDirectory()).map(({ name }) => name);
}
