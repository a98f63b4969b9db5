import assert from 'node:assert/strict';
import { appendFile, mkdtempDisposable, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runHere } from '../../src/cli/memory-terminal.fixture.ts';
import { loadConfig } from '../../src/config/load.ts';
import { startServer } from '../../src/server/start.ts';
import { askControl, ownerToken } from '../../src/testkit/control-client.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { RegistryClient } from './client.ts';
import { blobPath, manifestPath, pushImage, type PushedImage } from './push.ts';

interface Ran {
  readonly exit: number;
  readonly err: string;
  readonly report: Record<string, unknown>;
}

async function seawall(...argv: readonly string[]): Promise<Ran> {
  const { exit, out, err } = await runHere([...argv, '--json']);
  return { exit, err, report: out === '' ? {} : (JSON.parse(out) as Record<string, unknown>) };
}

async function done(...argv: readonly string[]): Promise<Record<string, unknown>> {
  const { exit, err, report } = await seawall(...argv);
  assert.equal(exit, 0, err);
  return report;
}

/** Whether an image can be pulled whole, by tag and digest. */
async function pulls(server: TestSeawall, repository: string, tag: string, image: PushedImage): Promise<void> {
  using client = await RegistryClient.of(server, 'myregistry');
  for (const reference of [tag, image.manifest.digest]) {
    const answer = await client.send('GET', manifestPath(repository, reference));
    assert.deepEqual(answer.body, image.manifest.bytes, reference);
  }
  for (const { digest, bytes } of [image.config, image.layer])
    assert.deepEqual((await client.send('GET', blobPath(repository, digest))).body, bytes);
}

/** The generation of the state, by a change that a new group is. */
async function generation(server: TestSeawall, group: string): Promise<readonly number[]> {
  const { subscriptionId } = server.state;
  const path = `/subscriptions/${subscriptionId}/resourceGroups/${group}?api-version=2021-04-01`;
  const headers = { authorization: `Bearer ${await ownerToken(server)}`, 'content-type': 'application/json' };
  const answer = await askControl(server, 'PUT', path, { body: '{"location":"westeurope"}', headers });
  assert.ok(answer.status < 300, answer.text);
  return String(answer.headers['x-seawall-generation']).split('.').map(Number);
}

async function startOn(dataDir: string): Promise<unknown> {
  const flags = { data: dataDir, registry: '127.0.0.1:0', control: '127.0.0.1:0', hostsFile: 'off', lab: 'off' };
  const loaded = await loadConfig('up', { flags: { ...flags, logLevel: 'error' }, env: {} });
  assert.ok(loaded.kind === 'loaded');
  return startServer(loaded.config, { onFatal: (error) => assert.fail(error), ofProcess: false }).then(
    (server) => server.close(),
    (error: unknown) => error,
  );
}

describe('a backup of a running server', () => {
  it('has everything of one moment, while pushes and the collection go on, and is restored over what came later', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-backup-'));
    await using server = await startSeawall();
    const backup = join(folder.path, 'monday');
    using client = await RegistryClient.of(server, 'myregistry');
    const image = await pushImage(client, 'app', 'v1', { layer: 'first' });
    const garbage = await pushImage(client, 'app', 'old', { layer: 'garbage' });
    await client.send('DELETE', manifestPath('app', garbage.manifest.digest));
    await done('gc', '--data', server.dataDir);
    const before = await generation(server, 'before');
    const pushing = Array.from({ length: 20 }, (_, i) => pushImage(client, 'app', `n${i}`, { layer: `layer ${i}` }));
    const [report] = await Promise.all([
      done('backup', backup, '--data', server.dataDir),
      done('gc', '--data', server.dataDir),
      ...pushing,
    ]);
    assert.equal(report['missing'], 0);
    const later = await pushImage(client, 'app', 'v1', { layer: 'later' });
    const after = await generation(server, 'after');
    assert.ok((after[1] ?? 0) > (before[1] ?? 0));

    await server.restart(undefined, async () => {
      const restored = await done('restore', backup, '--replace', '--data', server.dataDir);
      assert.match(String(restored['setAside']), /before-restore-/);
    });
    await pulls(server, 'app', 'v1', image);
    using again = await RegistryClient.of(server, 'myregistry');
    assert.equal((await again.send('GET', manifestPath('app', later.manifest.digest))).status, 404);
    const tags = await again.send('GET', '/v2/app/tags/list');
    for (const tag of (JSON.parse(tags.body.toString()) as { tags: string[] }).tags)
      assert.equal((await again.send('GET', manifestPath('app', tag))).status, 200);
    const raised = await generation(server, 'raised');
    assert.ok((raised[0] ?? 0) > (after[0] ?? 0), `${raised.join('.')} is above ${after.join('.')}`);
    await pushImage(again, 'app', 'v2', { layer: 'after the restore' });
  });

  it('is restored twice to generations that are apart', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-backup-'));
    await using server = await startSeawall();
    const backup = join(folder.path, 'b');
    await done('backup', backup, '--copy', '--data', server.dataDir);
    const epochs: number[] = [];
    for (let i = 0; i < 2; i++) {
      await server.restart(undefined, async () => {
        await done('restore', backup, '--replace', '--data', server.dataDir);
      });
      epochs.push((await generation(server, 'one'))[0] ?? 0);
    }
    assert.ok((epochs[1] ?? 0) > (epochs[0] ?? 0), epochs.join());
  });

  it('goes to no folder that has something in it, and into no data directory that is in use or has something', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-backup-'));
    await using server = await startSeawall();
    await writeFile(join(folder.path, 'letter'), 'dear');
    const full = await seawall('backup', folder.path, '--data', server.dataDir);
    assert.deepEqual([full.exit, /has something in it \(letter\)/.test(full.err)], [70, true], full.err);
    const backup = join(folder.path, 'b');
    await done('backup', backup, '--data', server.dataDir);
    const used = await seawall('restore', backup, '--replace', '--data', server.dataDir);
    assert.match(used.err, /a seawall serves from .*; stop it first/);
    const other = await seawall('restore', backup, '--data', folder.path);
    assert.match(other.err, /has something in it .* --replace/);
  });

  it('is refused where it is not whole, or not what was backed up', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-backup-'));
    await using server = await startSeawall();
    const backup = join(folder.path, 'b');
    await done('backup', backup, '--data', server.dataDir);
    const target = join(folder.path, 'data');
    await appendFile(join(backup, 'state.db'), 'x');
    assert.match((await seawall('restore', backup, '--data', target)).err, /state\.db is not what was backed up/);
    await rm(join(backup, 'backup.json'));
    assert.match((await seawall('restore', backup, '--data', target)).err, /is no whole backup/);
  });
});

describe('a backup without a server', () => {
  it('is made and restored elsewhere', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-backup-'));
    await using server = await startSeawall();
    using client = await RegistryClient.of(server, 'myregistry');
    const image = await pushImage(client, 'app', 'v1');
    const backup = join(folder.path, 'b');
    await server.restart(undefined, async () => {
      assert.equal((await done('backup', backup, '--data', server.dataDir))['blobs'], 2);
      await done('restore', backup, '--data', join(folder.path, 'data'));
    });
    assert.equal(await startOn(join(folder.path, 'data')), undefined);
    await pulls(server, 'app', 'v1', image);
  });
});

describe('a server', () => {
  it('does not start where a restore broke off, and does after the next', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-backup-'));
    await using server = await startSeawall();
    const [backup, data] = [join(folder.path, 'b'), join(folder.path, 'data')];
    await done('backup', backup, '--data', server.dataDir);
    await done('restore', backup, '--data', data);
    await writeFile(join(data, 'restore-unfinished'), '');
    assert.match(String(await startOn(data)), /a restore into .* broke off.*seawall restore FOLDER/);
    await done('restore', backup, '--data', data);
    assert.equal(await startOn(data), undefined);
  });

  for (const name of ['metadata.db', 'state.db', 'directory.db', 'work.db'])
    it(`does not start on a ${name} that is no database, and says what to do`, async () => {
      await using server = await startSeawall();
      await server.restart(undefined, async () => {
        const path = join(server.dataDir, name);
        const whole = await readFile(path);
        await writeFile(path, Buffer.alloc(whole.length, 'x'));
        assert.match(
          String(await startOn(server.dataDir)),
          /cannot be used as it is.*seawall restore FOLDER --replace/,
        );
        await writeFile(path, whole);
      });
    });
});
