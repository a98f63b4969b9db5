import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';

const BIN = join(import.meta.dirname, '../bin');

/** What stands for the program: says which Node runs it, and ends as it is told. */
const PROGRAM = `
const [how] = process.argv.slice(2);
process.on('SIGTERM', () => process.exit(7));
if (how === 'exit') process.exitCode = 3;
else if (how === 'kill') process.kill(process.pid, 'SIGKILL');
else setInterval(() => undefined, 1000);
process.stdout.write(process.versions.node + '\\n');
`;

/** A copy of the launcher with a program of its own, with or without the pinned Node beside it. */
async function withCopy(pinned: boolean, use: (launcher: string) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'seawall-launcher-'));
  try {
    await mkdir(join(root, 'src'));
    await cp(BIN, join(root, 'bin'), { recursive: true });
    await writeFile(join(root, 'src/main.ts'), PROGRAM);
    if (pinned) await pinNode(root);
    await use(join(root, 'bin/seawall.mjs'));
  } finally {
    await rm(root, { recursive: true });
  }
}

async function pinNode(root: string): Promise<void> {
  const home = join(root, 'node_modules', `node-${process.platform}-${process.arch}`);
  await mkdir(join(home, 'bin'), { recursive: true });
  await writeFile(join(home, 'package.json'), '{}');
  await symlink(process.execPath, join(home, 'bin/node'));
}

/** The Node of the system, when it is too old to run the sources itself. */
function oldNode(t: TestContext): string | undefined {
  const path = (process.env['PATH'] ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
  const found = spawnSync('node', ['-p', 'process.execPath + " " + process.versions.node'], {
    env: { ...process.env, PATH: path.join(':') },
    encoding: 'utf8',
  });
  const [node, version = '0'] = (found.stdout ?? '').trim().split(' ');
  if (node !== undefined && node !== '' && Number.parseInt(version, 10) < 24) return node;
  t.skip('the Node of this system is not an old one');
  return undefined;
}

async function output(
  child: ChildProcessWithoutNullStreams,
): Promise<{ out: string; err: string; code: number | null; signal: string | null }> {
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { out, err, code, signal };
}

describe('the launcher', () => {
  it('runs the program in its own process where Node is new enough', async () => {
    await withCopy(false, async (launcher) => {
      const { out, code } = await output(spawn(process.execPath, [launcher, 'exit']));
      assert.deepEqual([out, code], [`${process.versions.node}\n`, 3]);
    });
  });

  it('hands over to the pinned Node where the system has an old one, and ends as it ends', async (t) => {
    const node = oldNode(t);
    if (node === undefined) return;
    await withCopy(true, async (launcher) => {
      const { out, code } = await output(spawn(node, [launcher, 'exit']));
      assert.deepEqual([out, code], [`${process.versions.node}\n`, 3]);
    });
  });

  it('passes signals on to it', async (t) => {
    const node = oldNode(t);
    if (node === undefined) return;
    await withCopy(true, async (launcher) => {
      const child = spawn(node, [launcher, 'wait']);
      child.stdout.once('data', () => child.kill('SIGTERM'));
      assert.equal((await output(child)).code, 7);
    });
  });

  it('ends by the signal that ended it', async (t) => {
    const node = oldNode(t);
    if (node === undefined) return;
    await withCopy(true, async (launcher) => {
      assert.equal((await output(spawn(node, [launcher, 'kill']))).signal, 'SIGKILL');
    });
  });

  it('says in one line what it needs where there is no Node to run on, and ends with 78', async (t) => {
    const node = oldNode(t);
    if (node === undefined) return;
    await withCopy(false, async (launcher) => {
      const { err, out, code } = await output(spawn(node, [launcher]));
      assert.deepEqual([out, code], ['', 78]);
      assert.match(
        err,
        /^seawall: needs Node \^24\.16\.0 \|\| >=26\.1\.0; this is \S+, and "npm ci" has not installed its own for \S+\n$/,
      );
    });
  });
});
