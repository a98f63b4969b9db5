import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdtempDisposable, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { UNFINISHED } from '../../src/backup/unfinished.ts';
import { epochOf } from '../../src/state/sqlite/epoch.ts';
import { runCommand } from './command.ts';
import { failing, whyNoInjection } from './injection.ts';
import { assertBytes, assertConsistent } from './inspect.ts';
import { plainSender } from './plain-client.ts';
import { NotStartedError, ProcessSeawall } from './process-seawall.ts';
import { Pusher } from './pusher.ts';
import { randomOf, seedOf } from './random.ts';

/** The calls by which a restore changes names or makes them durable; one thread does them all, so that the n-th is always the same. */
const CALLS = ['rename', 'link', 'linkat', 'unlink', 'mkdir', 'fsync'];
const ONE_THREAD = ['env', 'UV_THREADPOOL_SIZE=1'];
/** More calls than a restore makes. */
const MOST_CALLS = 200;

describe('a restore that is killed', { skip: whyNoInjection() }, () => {
  let seawall: ProcessSeawall;
  let pusher: Pusher;
  let backup: string;
  before(async () => {
    seawall = await ProcessSeawall.start();
    pusher = new Pusher(plainSender(seawall, 'myregistry'), 'cut/a', randomOf(seedOf(process.env)), { layers: [] });
    for (let step = 0; step < 6; step++) await pusher.step();
    backup = join(seawall.root, 'backup');
    await seawall.stop();
    const made = await runCommand(['backup', backup, '--data', seawall.dataDir]).ended;
    assert.equal(made.exit, 0, made.err);
  });
  after(() => seawall.close());

  it('at each of its calls leaves what was there, or what no server starts on; done again, it is whole, at a higher epoch', async () => {
    const restoring = ['restore', backup, '--replace', '--data', seawall.dataDir];
    const was = epochOf(join(seawall.dataDir, 'state.db'));
    let cuts = 0;
    for (let call = 1; ; call += 1) {
      assert.ok(call < MOST_CALLS, 'a restore ends');
      await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-kept-'));
      await cp(seawall.dataDir, folder.path, { recursive: true });
      const killing = failing({ calls: CALLS, what: 'signal=KILL', when: String(call) });
      const cut = await runCommand(restoring, [...killing, ...ONE_THREAD]).ended;
      if (cut.exit === 0) break;
      if (existsSync(join(seawall.dataDir, UNFINISHED))) {
        cuts += 1;
        await assertRefused(seawall);
        const healed = await runCommand(['restore', backup, '--data', seawall.dataDir]).ended;
        assert.equal(healed.exit, 0, healed.err);
        await assertSetAside(seawall.dataDir);
        assert.ok(epochOf(join(seawall.dataDir, 'state.db')) > was, `call ${call}`);
      }
      assertConsistent(seawall.dataDir);
      await assertBytes(seawall.dataDir, { hash: true });
      await rm(seawall.dataDir, { recursive: true });
      await cp(folder.path, seawall.dataDir, { recursive: true });
    }
    assert.ok(cuts > 10, `${cuts} restores were cut`);
    await seawall.start();
    await pusher.check(true);
  });
});

describe('what a backup and a restore have copied', { skip: whyNoInjection() }, () => {
  it('is synced, each file and each folder, so that power may fail when they are done', async () => {
    await using seawall = await ProcessSeawall.start();
    const pusher = new Pusher(plainSender(seawall, 'myregistry'), 'synced/a', randomOf(1), { layers: [] });
    for (let step = 0; step < 4; step++) await pusher.step();
    await seawall.stop();
    const [backup, data] = [join(seawall.root, 'backup'), join(seawall.root, 'other')];
    for (const [to, command] of [
      [backup, ['backup', backup, '--copy', '--data', seawall.dataDir]],
      [data, ['restore', backup, '--copy', '--data', data]],
    ] as const) {
      const synced = await syncedBy(command);
      const left = await readdir(to, { recursive: true, withFileTypes: true });
      // What SQLite and the lock leave beside is nobody's to keep.
      const kept = left
        .map(({ parentPath, name }) => join(parentPath, name))
        .filter((path) => !/\/run|-wal$|-shm$/.test(path));
      assert.deepEqual(
        kept.filter((path) => !synced.has(path)),
        [],
        command[0],
      );
    }
  });
});

/** The files and folders that a command has synced. A file that was renamed is known by its last name. */
async function syncedBy(command: readonly string[]): Promise<ReadonlySet<string>> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-synced-'));
  const record = join(folder.path, 'calls');
  const tracer = ['strace', '-f', '-y', '-e', 'trace=fsync,fdatasync,rename', '-o', record];
  const ended = await runCommand(command, tracer).ended;
  assert.equal(ended.exit, 0, ended.err);
  const synced = new Set<string>();
  for (const line of (await readFile(record, 'utf8')).split('\n')) {
    const [, path] = /f(?:data)?sync\(\d+<([^>]+)>/.exec(line) ?? [];
    if (path !== undefined) synced.add(path);
    const [, from = '', to = ''] = /rename\("([^"]+)", "([^"]+)"/.exec(line) ?? [];
    if (synced.has(from)) synced.add(to);
  }
  return synced;
}

async function assertRefused(seawall: ProcessSeawall): Promise<void> {
  await assert.rejects(seawall.start(), (error) => {
    assert.ok(error instanceof NotStartedError, String(error));
    assert.match(error.said, /a restore into .* broke off.*do it again: seawall restore FOLDER/);
    return true;
  });
}

/** All that was there before the first of the restores is in one folder. */
async function assertSetAside(dataDir: string): Promise<void> {
  const aside = (await readdir(dataDir)).filter((name) => name.startsWith('before-restore-'));
  assert.equal(aside.length, 1, aside.join());
  assertConsistent(join(dataDir, String(aside[0])));
}
