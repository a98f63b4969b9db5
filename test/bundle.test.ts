import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const CHECKOUT = join(import.meta.dirname, '..');

/** A program that says which file of it runs, and what a thread of its own and a file beside it say. */
const SMALL = {
  'main.ts': `
import { readFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { Worker } from 'node:worker_threads';
const ran: string = new URL('./main.ts', import.meta.url).pathname.split('/').slice(-2).join('/');
const beside = readFileSync(new URL('lib/beside.sh', import.meta.url), 'utf8');
const thread = new Worker(new URL('./lib/thread.ts', import.meta.url));
thread.once('message', (said) => console.log([ran, beside, said, STATUS_CODES[418]].join(' ')));
`,
  'lib/beside.sh': 'file',
  'lib/thread.ts': `
import { parentPort } from 'node:worker_threads';
const said: string = 'thread';
parentPort?.postMessage(said);
`,
};
const REST = "file thread I'm a Teapot\n";

interface Copy extends AsyncDisposable {
  readonly root: string;
  /** Makes the bundle; answers what that says. */
  bundle(): string;
  /** Runs the program to its end; answers what it prints. */
  run(): string;
}

/** A checkout with these sources and the dependencies of this one. */
async function checkout(sources: Readonly<Record<string, string>>): Promise<Copy> {
  const root = await mkdtemp(join(tmpdir(), 'seawall-bundle-'));
  for (const [path, text] of Object.entries(sources)) {
    await mkdir(join(root, 'src', path, '..'), { recursive: true });
    await writeFile(join(root, 'src', path), text);
  }
  for (const name of ['bin', 'package.json', 'tsconfig.json'])
    await cp(join(CHECKOUT, name), join(root, name), { recursive: true });
  await linkDependencies(root);
  const node = (script: string) => spawnSync(process.execPath, [join(root, 'bin', script)], { encoding: 'utf8' });
  return {
    root,
    bundle: () => node('bundle.mjs').stderr,
    run: () => node('seawall.mjs').stdout,
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
}

/** Links to them one by one, so that the copy has a folder of its own for the bundle. */
async function linkDependencies(root: string): Promise<void> {
  const [from, to] = [join(CHECKOUT, 'node_modules'), join(root, 'node_modules')];
  await mkdir(to);
  for (const name of await readdir(from)) if (!name.startsWith('.')) await symlink(join(from, name), join(to, name));
  await cp(join(from, '.package-lock.json'), join(to, '.package-lock.json'));
}

describe('the bundle', () => {
  it('runs in place of the sources that it was made of, with its threads and the files beside them', async () => {
    await using copy = await checkout(SMALL);
    assert.equal(copy.run(), `src/main.ts ${REST}`);
    assert.equal(copy.bundle(), '');
    assert.equal(copy.run(), `bundle/main.mjs ${REST}`);
  });

  it("leaves node's fetch alone, which importing node:http loads", async () => {
    const fetchers = 'process.moduleLoadList.filter((name: string) => name.includes("undici")).length';
    await using copy = await checkout({
      'main.ts': `import { STATUS_CODES } from 'node:http';
console.log(STATUS_CODES[200], ${fetchers} > 0);`,
    });
    assert.equal(copy.run(), 'OK true\n');
    copy.bundle();
    assert.equal(copy.run(), 'OK false\n');
  });

  it('does not run once a source differs, and runs when it is as before, whatever its time', async () => {
    await using copy = await checkout(SMALL);
    copy.bundle();
    const thread = join(copy.root, 'src/lib/thread.ts');
    await writeFile(thread, SMALL['lib/thread.ts'].replace("'thread'", "'dearth'"));
    assert.equal(copy.run(), `src/main.ts ${REST.replace('thread', 'dearth')}`);
    await writeFile(thread, SMALL['lib/thread.ts']);
    await utimes(thread, 1, 1);
    assert.equal(copy.run(), `bundle/main.mjs ${REST}`);
  });

  it('does not run once a source is gone', async () => {
    await using copy = await checkout({ ...SMALL, 'unused.ts': 'export const unused = 1;' });
    copy.bundle();
    await rm(join(copy.root, 'src/unused.ts'));
    assert.equal(copy.run(), `src/main.ts ${REST}`);
  });

  it('does not run with other dependencies', async () => {
    await using copy = await checkout(SMALL);
    copy.bundle();
    await appendFile(join(copy.root, 'node_modules/.package-lock.json'), ' ');
    assert.equal(copy.run(), `src/main.ts ${REST}`);
  });

  it('is not made where its maker is missing, and says so', async () => {
    await using copy = await checkout(SMALL);
    await rm(join(copy.root, 'node_modules/esbuild'));
    assert.match(copy.bundle(), /^seawall: runs from its sources, which starts slower: .*esbuild/);
    assert.equal(copy.run(), `src/main.ts ${REST}`);
  });

  it('is not made of a source that asks for its own place in another way', async () => {
    await using copy = await checkout({ ...SMALL, 'lib/thread.ts': 'console.log(import.meta.dirname);' });
    assert.match(copy.bundle(), /import\.meta\.dirname: say new URL/);
  });

  it('serves as the sources do', async () => {
    await using copy = await checkout({});
    await cp(join(CHECKOUT, 'src'), join(copy.root, 'src'), { recursive: true });
    assert.equal(copy.bundle(), '');
    await appendFile(
      join(copy.root, 'node_modules/.cache/seawall/bundle/main.mjs'),
      "process.stderr.write('bundled\\n');",
    );
    const data = join(copy.root, 'data');
    const seawall = [join(copy.root, 'bin/seawall.mjs')];
    const free = ['--lab', 'off', '--registry', '127.0.0.1:0', '--control', '127.0.0.1:0', '--hosts-file', 'off'];
    const server = spawn(process.execPath, [...seawall, 'up', '--data', data, ...free]);
    const banner = String(await Promise.race([once(server.stdout, 'data'), once(server, 'exit')]));
    const [, registry = '', password = ''] = /-u (\S+) -p (\S+)/.exec(banner) ?? [];
    const asked = ['credential', 'show', '--registry', registry, '--data', data, '--json'];
    const { stdout, stderr } = spawnSync(process.execPath, [...seawall, ...asked], { encoding: 'utf8' });
    assert.deepEqual([JSON.parse(stdout).passwords[0].value, stderr], [password, 'bundled\n']);
    server.kill('SIGTERM');
    assert.deepEqual(await once(server, 'exit'), [0, null]);
  });
});
