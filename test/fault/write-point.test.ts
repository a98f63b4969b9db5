import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtempDisposable, open, readdir } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, afterEach, before, describe, it } from 'node:test';
import { RECORD } from '../../src/backup/record.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, armOf } from '../management/arm.ts';
import { RegistryClient } from '../registry/client.ts';
import { blobPath, type Content, manifestPath, pushBlob, pushImage, type PushedImage } from '../registry/push.ts';
import { type Ended, runCommand } from './command.ts';
import { inject, type Injection, whyNoInjection } from './injection.ts';
import { assertBytes, assertConsistent, bytesPath, orphansOf } from './inspect.ts';
import { NotStartedError, ProcessSeawall } from './process-seawall.ts';
import { type SmallVolume, smallVolume, whyNoVolume } from './small-volume.ts';

const VOLUME_BYTES = 96 * 1024 * 1024;
const REGISTRY = 'Microsoft.ContainerRegistry/registries/myregistry';
const KEYS = ['signing', 'secret-box', 'certificate', 'authority'];
const FULL = /no space|no room|ENOSPC|full/i;

/** The calls by which an import keeps a blob, and that say that there is no room. */
const KEEPING: readonly Injection[] = [
  { call: 'pwritev', error: 'ENOSPC', when: '1+' },
  { call: 'fdatasync', error: 'ENOSPC', when: '1+' },
  { call: 'link', error: 'ENOSPC', when: '1+' },
  { call: 'link', error: 'EDQUOT', when: '1+' },
];

describe('a point at which something is written, without room,', { skip: whyNoVolume() }, () => {
  let volume: SmallVolume;
  let origin: TestSeawall;
  let gate: Gate;
  let seawall: ProcessSeawall;
  let arm: Arm;
  let client: RegistryClient;
  let image: PushedImage;
  before(async () => {
    volume = await smallVolume(VOLUME_BYTES);
    origin = await startSeawall({ settings: { publicHost: 'localhost' } });
    using source = await RegistryClient.of(origin, 'myregistry', 'localhost');
    await pushImage(source, 'team/app', 'v1', { layer: 'x'.repeat(200_000) });
    gate = await openGate(origin.port);
    seawall = await ProcessSeawall.start({
      under: volume.path,
      settings: { outboundAllow: 'localhost', outboundCa: origin.ca },
    });
    client = await RegistryClient.of(seawall, 'myregistry');
    arm = await armOf(seawall);
    image = await pushImage(client, 'kept', 'v1');
  });
  afterEach(async () => {
    await volume.leave(undefined);
    // Whatever was refused, what was acknowledged is there, and the server serves.
    assert.ok(seawall.running, seawall.said);
    const kept = await client.send('GET', manifestPath('kept', 'v1'));
    assert.deepEqual(kept.body, image.manifest.bytes);
    assertConsistent(seawall.dataDir);
    await assertBytes(seawall.dataDir);
  });
  after(async () => {
    client[Symbol.dispose]();
    await seawall.close();
    await gate[Symbol.asyncDispose]();
    await origin.close();
    await volume[Symbol.asyncDispose]();
  });

  /** Begins an import; answers the path at which it is asked for. */
  const importInto = async (repository: string, port: number): Promise<string> => {
    const { password } = origin.admin('myregistry');
    const answer = await arm.ask(
      'POST',
      `${arm.subscription}/resourceGroups/seawall/providers/${REGISTRY}/importImage`,
      {
        source: {
          registryUri: `localhost:${port}`,
          sourceImage: 'team/app:v1',
          credentials: { username: 'myregistry', password },
        },
        targetTags: [`${repository}:v1`],
      },
    );
    assert.equal(answer.status, 202, answer.text);
    return new URL(String(answer.headers['azure-asyncoperation'])).pathname;
  };
  const ended = async (
    path: string,
  ): Promise<{ readonly status: string; readonly error?: { readonly code: string } }> => {
    for (;;) {
      const { status, error } = (await arm.must('GET', path)) as { status: string; error?: { code: string } };
      if (status !== 'InProgress') return { status, ...(error === undefined ? {} : { error }) };
    }
  };
  const statusOf = async (repository: string): Promise<number> =>
    (await client.send('HEAD', manifestPath(repository, 'v1'))).status;
  const run = (...args: readonly string[]): Promise<Ended> => runCommand([...args, '--data', seawall.dataDir]).ended;
  const restart = async (): Promise<void> => {
    await seawall.stop();
    await seawall.start();
    arm = await armOf(seawall);
  };

  for (const injection of KEEPING)
    it(`says of an import that the disk is full, for ${injection.error} at ${injection.call}, and leaves nothing`, {
      skip: whyNoInjection(),
    }, async () => {
      const repository = `import/${injection.call}${injection.error}`.toLowerCase();
      {
        await using _ = await inject(seawall.state.pid, injection);
        const { status, error } = await ended(await importInto(repository, origin.port));
        assert.deepEqual([status, error?.code], ['Failed', 'InsufficientStorage']);
      }
      assert.equal(await statusOf(repository), 404);
      assert.deepEqual(await readdir(join(seawall.dataDir, 'content', 'uploads')), []);
      assert.deepEqual(await orphansOf(seawall.dataDir), []);
      assert.equal((await ended(await importInto(repository, origin.port))).status, 'Succeeded');
      assert.equal(await statusOf(repository), 200);
    });

  it('an import whose end cannot be kept is under way for whoever asks, until it can: then it has succeeded', {
    skip: whyNoInjection(),
  }, async () => {
    gate.hold();
    const path = await importInto('import/late', gate.port);
    await gate.reached();
    {
      const log = join(seawall.dataDir, 'work.db-wal');
      await using injected = await inject(seawall.state.pid, { call: 'pwrite64', error: 'ENOSPC', when: '1+' }, log);
      gate.release();
      await injected.met;
      assert.equal(((await arm.must('GET', path)) as { status: string }).status, 'InProgress');
    }
    assert.equal((await ended(path)).status, 'Succeeded');
    assert.equal(await statusOf('import/late'), 200);
  });

  it('begins no upload, and leaves no file of one', { skip: whyNoInjection() }, async () => {
    {
      await using _ = await inject(seawall.state.pid, { call: 'pwrite64', error: 'ENOSPC', when: '1+' });
      assert.equal((await client.send('POST', '/v2/begun/blobs/uploads/')).status, 507);
    }
    assert.deepEqual(await readdir(join(seawall.dataDir, 'content', 'uploads')), []);
    assert.equal((await client.send('POST', '/v2/begun/blobs/uploads/')).status, 202);
  });

  for (const kind of KEYS)
    it(`leaves the keys of ${kind} in force, which are replaced when there is room`, async () => {
      await volume.leave(0);
      const full = await run('keys', 'rotate', kind);
      if (full.exit !== 0) assert.match(full.err, FULL, seawall.said);
      assert.equal((await client.send('GET', '/v2/')).status, 200);
      await volume.leave(undefined);
      const { exit, err } = await run('keys', 'rotate', kind);
      assert.equal(exit, 0, err);
      await restart();
      using anew = await RegistryClient.of(seawall, 'myregistry');
      assert.equal((await anew.send('GET', '/v2/')).status, 200);
    });

  it('makes no backup that counts as one, and makes one when there is room', async () => {
    const folder = join(seawall.root, 'backup');
    await volume.leave(8_192);
    const full = await run('backup', folder);
    assert.notEqual(full.exit, 0);
    assert.match(full.err, FULL);
    assert.ok(!existsSync(join(folder, RECORD)));
    await volume.leave(undefined);
    assert.match((await run('restore', folder, '--replace')).err, /is no whole backup/);
    const again = await run('backup', join(seawall.root, 'backup-again'));
    assert.equal(again.exit, 0, again.err);
  });

  it('cuts a restore, which says so, on which no server starts, and which is whole when it is done again', async () => {
    await using outside = await mkdtempDisposable(join(tmpdir(), 'seawall-backup-'));
    const folder = join(outside.path, 'backup');
    assert.equal((await run('backup', folder)).exit, 0);
    await seawall.stop();
    await volume.leave(64 * 1024);
    const full = await run('restore', folder, '--replace');
    assert.equal(full.exit, 70, full.err);
    assert.match(full.err, /^seawall: (.*\n)*.*(ENOSPC|disk is full|disk I\/O).*make room/m);
    await volume.leave(undefined);
    await assert.rejects(seawall.start(), NotStartedError);
    assert.match(seawall.said, /a restore into .* broke off/);
    const healed = await run('restore', folder);
    assert.equal(healed.exit, 0, healed.err);
    await seawall.start();
    arm = await armOf(seawall);
  });

  it('serves no damaged blob that it has no room to mark, marks it when there is, and a push heals it', async () => {
    await restart();
    await damage(seawall.dataDir, image.layer);
    await volume.leave(0);
    const path = blobPath('kept', image.layer.digest);
    const full = await client.send('GET', path).catch(() => undefined);
    assert.notDeepEqual(full?.status, 200);
    await volume.leave(undefined);
    assert.equal((await client.send('GET', path)).status, 404);
    await pushBlob(client, 'kept', image.layer);
    assert.deepEqual((await client.send('GET', path)).body, image.layer.bytes);
  });

  it('collects no garbage or does, and says which', async () => {
    const garbage = await pushImage(client, 'garbage', 'v1', { layer: 'garbage' });
    await client.send('DELETE', manifestPath('garbage', garbage.manifest.digest));
    await volume.leave(0);
    const full = await run('gc');
    if (full.exit !== 0) assert.match(full.err, FULL, seawall.said);
    await volume.leave(undefined);
    for (let pass = 0; pass < 2; pass++) assert.equal((await run('gc')).exit, 0);
    assert.equal((await client.send('HEAD', blobPath('garbage', garbage.layer.digest))).status, 404);
  });
});

describe('a server whose log goes to a full disk', {
  skip: !existsSync('/dev/full') && 'there is no /dev/full',
}, () => {
  it('serves on without it', async () => {
    await using seawall = await ProcessSeawall.start(
      { settings: { logLevel: 'debug', accessLog: 'on' } },
      { wrapper: ['sh', '-c', 'exec "$@" 2>/dev/full', 'sh'] },
    );
    using client = await RegistryClient.of(seawall, 'myregistry');
    const image = await pushImage(client, 'app', 'v1');
    assert.deepEqual((await client.send('GET', manifestPath('app', 'v1'))).body, image.manifest.bytes);
    assert.ok(seawall.running);
  });
});

/** Changes the first byte of a blob's file. */
async function damage(dataDir: string, { digest }: Content): Promise<void> {
  using metadata = new DatabaseSync(join(dataDir, 'metadata.db'), { readOnly: true });
  const locator = String(metadata.prepare('SELECT locator FROM blob WHERE digest = ?').get(digest)?.['locator']);
  await using file = await open(bytesPath(dataDir, locator), 'r+');
  await file.write('X', 0);
}

/** A way to a port that can be held: what comes meanwhile waits. */
interface Gate extends AsyncDisposable {
  readonly port: number;
  hold(): void;
  release(): void;
  /** Resolves when somebody waits. */
  reached(): Promise<void>;
}

async function openGate(to: number): Promise<Gate> {
  const sockets = new Set<Socket>();
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(to, '127.0.0.1');
    sockets.add(socket);
    socket.on('close', () => {
      sockets.delete(socket);
      onward.destroy();
    });
    for (const one of [socket, onward]) one.on('error', () => socket.destroy());
    socket.pipe(onward);
    onward.pipe(socket);
    if (!held) return;
    socket.pause();
    waiting.add(socket);
    server.emit('reached');
  });
  let held = false;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    hold: () => (held = true),
    release: () => {
      held = false;
      for (const socket of waiting) socket.resume();
      waiting.clear();
    },
    reached: async () => {
      while (waiting.size === 0) await once(server, 'reached');
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
