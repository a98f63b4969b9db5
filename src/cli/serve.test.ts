import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { noteSecretsOf } from '../testkit/kept-secrets.ts';
import { keepLog, noteSecret } from '../testkit/run-log.ts';
import { runHere } from './memory-terminal.fixture.ts';
import { parseServerAccess } from './running-server.ts';

const LAUNCHER = join(import.meta.dirname, '../../bin/seawall.mjs');
const ANY_PORTS = ['--registry', '127.0.0.1:0', '--control', '127.0.0.1:0', '--lab', 'off'];

/** A server in a process of its own, with what it has written so far. */
interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly out: () => string;
  readonly err: () => string;
  /** Its exit status. */
  readonly ended: Promise<number | null>;
}

function start(argv: readonly string[]): Started {
  const { PATH } = process.env;
  const child = spawn(process.execPath, [LAUNCHER, ...argv], { env: { PATH } });
  children.add(child);
  keepLog(child.stderr);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, out: () => out, err: () => err, ended };
}

/** Waits until the banner is whole; fails with what was said when the server ends before. */
async function ready(started: Started): Promise<void> {
  while (!/Next:\n.*\n|"registries"/.test(started.out())) {
    const first = await Promise.race([once(started.child.stdout, 'data'), started.ended]);
    assert.ok(Array.isArray(first), `ended with ${String(first)}: ${started.err()}`);
  }
}

/** Servers of the test that runs; one that a failed assertion left behind is ended with its folder. */
const children = new Set<ChildProcessWithoutNullStreams>();

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'seawall-serve-'));
  try {
    await use(folder);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
    await rm(folder, { recursive: true });
  }
}

describe('up', () => {
  it('prints the next command, is found by other commands, and ends with 0 on SIGTERM', async () => {
    await withFolder(async (folder) => {
      const data = join(folder, 'data');
      const hosts = join(folder, 'hosts');
      await writeFile(hosts, '127.0.0.1 localhost\n');
      const started = start(['up', '--data', data, ...ANY_PORTS, '--hosts-file', hosts]);
      await ready(started);
      assert.match(started.out(), /docker login myregistry\.azurecr\.localhost:\d+ -u myregistry -p \S+\n$/);
      assert.match(await readFile(hosts, 'utf8'), /\n127\.0\.0\.1 myregistry\.azurecr\.localhost\n/);
      const state = join(data, 'run/seawall.json');
      assert.equal((await stat(state)).mode & 0o777, 0o600);
      assert.equal(parseServerAccess(await readFile(state, 'utf8'))?.pid, started.child.pid);
      const shown = await runHere(['credential', 'show', '-r', 'myregistry', '--data', data]);
      assert.equal(shown.exit, 0, shown.err);
      const password = / -p (\S+)\n$/.exec(started.out())?.[1] ?? '';
      assert.ok(shown.out.includes(password), 'the banner shows another password');
      noteSecret({ kind: 'a password of an admin user', secret: password });
      await noteSecretsOf(data);
      started.child.kill('SIGTERM');
      assert.equal(await started.ended, 0);
      assert.equal(await readFile(hosts, 'utf8'), '127.0.0.1 localhost\n');
      await assert.rejects(stat(state), { code: 'ENOENT' });
    });
  });

  it('waits for a request under way, but not after a second signal', async () => {
    await withFolder(async (folder) => {
      const argv = ['up', '--data', join(folder, 'data'), ...ANY_PORTS, '--hosts-file', 'off'];
      const started = start([...argv, '--shutdown-ms', '3600000']);
      await ready(started);
      const busy = connect(Number(/localhost:(\d+) -u/.exec(started.out())?.[1]), '127.0.0.1');
      const head = 'GET /v2/ HTTP/1.1\r\nhost: myregistry.azurecr.localhost\r\n';
      busy.on('error', () => undefined).write(`${head}\r\n${head}`);
      // The answer to the first request says that the server has the beginning of the second.
      await once(busy, 'data');
      const again = setInterval(() => started.child.kill('SIGINT'), 50);
      assert.equal(await started.ended, 0);
      clearInterval(again);
      assert.doesNotMatch(started.err(), / stopped /);
      busy.destroy();
    });
  });

  it('says which port is taken, and ends with 69', async () => {
    await using taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await withFolder(async (folder) => {
      const where = [
        '--registry',
        `127.0.0.1:${port}`,
        '--control',
        '127.0.0.1:0',
        '--hosts-file',
        'off',
        '--lab',
        'off',
      ];
      const started = start(['up', '--data', join(folder, 'data'), ...where]);
      assert.equal(await started.ended, 69);
      assert.match(
        started.err(),
        new RegExp(`cannot start: .*EADDRINUSE.*127\\.0\\.0\\.1:${port}; choose another port`),
      );
    });
  });

  it('does not start twice from one folder', async () => {
    await withFolder(async (folder) => {
      const argv = ['up', '--data', join(folder, 'data'), ...ANY_PORTS, '--hosts-file', 'off'];
      const first = start(argv);
      await ready(first);
      const second = start(argv);
      assert.equal(await second.ended, 78);
      assert.match(second.err(), /seawall: cannot start: another seawall serves from /);
      first.child.kill('SIGTERM');
      await first.ended;
    });
  });
});

describe('serve', () => {
  it('shows the secret of the owner once, declares nothing, and keeps no secret in its files', async () => {
    await withFolder(async (folder) => {
      const data = join(folder, 'data');
      const argv = ['serve', '--data', data, ...ANY_PORTS];
      const first = start(argv);
      await ready(first);
      assert.match(first.out(), /No registry is declared/);
      const secret = /client secret {2}(\S+)\n/.exec(first.out())?.[1] ?? '';
      assert.notEqual(secret, '');
      noteSecret({ kind: 'the secret of the owner', secret });
      assert.ok(!(await readFile(join(data, 'run/seawall.json'), 'utf8')).includes(secret));
      first.child.kill('SIGTERM');
      assert.equal(await first.ended, 0);
      const again = start(argv);
      await ready(again);
      assert.doesNotMatch(again.out(), /client secret/);
      again.child.kill('SIGTERM');
      assert.equal(await again.ended, 0);
    });
  });
});
