import assert from 'node:assert/strict';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runHere } from '../../src/cli/memory-terminal.fixture.ts';
import { Database } from '../../src/sqlite/database.ts';
import type { TestSeawall } from '../../src/testkit/start-seawall.ts';
import { RegistryClient } from './client.ts';
import { blobPath, manifestPath, pushBlob, pushImage, pushManifest, type Content } from './push.ts';
import { openScene } from './scene.ts';

async function verify(dataDir: string, ...flags: readonly string[]) {
  const { exit, out, err } = await runHere(['verify', '--data', dataDir, ...flags]);
  return { exit, out, err };
}

/** Changes the first byte of a blob's file. */
async function damage({ dataDir }: TestSeawall, { digest }: Content): Promise<void> {
  const found = (() => {
    using database = new Database(join(dataDir, 'metadata.db'), 'read');
    return database.get<{ locator: string }>('SELECT locator FROM blob WHERE digest = ?1', digest);
  })();
  const name = found?.locator ?? '';
  await using file = await open(join(dataDir, 'content', 'blobs', name.slice(-3, -1), name), 'r+');
  await file.write('X', 0);
}

describe('a blob that rotted on the disk while no server ran', () => {
  const scene = openScene();

  it('is refused as absent, told by verify with the images that name it, and healed by a push', async () => {
    const { seawall } = scene();
    using before = await RegistryClient.of(seawall, 'myregistry');
    const image = await pushImage(before, 'app', 'v1');
    await seawall.restart(undefined, () => damage(seawall, image.layer));
    using client = await RegistryClient.of(seawall, 'myregistry');
    const path = blobPath('app', image.layer.digest);
    const refused = await client.send('GET', path);
    assert.equal(refused.status, 404);
    assert.match(refused.body.toString(), /BLOB_UNKNOWN.*damaged.*push it again/);
    assert.equal((await client.send('HEAD', path)).status, 404);
    assert.equal((await client.send('GET', blobPath('app', image.config.digest))).status, 200);

    const { exit, out, err } = await verify(seawall.dataDir);
    assert.equal(exit, 70);
    assert.match(out, new RegExp(`${image.layer.digest} +another digest +myregistry/app +v1`));
    assert.match(err, /push it again to heal it/);

    await pushBlob(client, 'app', image.layer);
    assert.deepEqual((await client.send('GET', path)).body, image.layer.bytes);
    assert.equal((await verify(seawall.dataDir)).exit, 0);
    // The collection sweeps: what was set aside goes when it was healed.
    await runHere(['gc', '--data', seawall.dataDir]);
    assert.deepEqual(await readdir(join(seawall.dataDir, 'content', 'quarantine')), []);
  });

  it('is found by verify without a server', async () => {
    const { seawall } = scene();
    using before = await RegistryClient.of(seawall, 'myregistry');
    const image = await pushImage(before, 'offline', 'v1', { layer: 'another layer' });
    await seawall.restart(undefined, async () => {
      await damage(seawall, image.layer);
      const { exit, out } = await verify(seawall.dataDir, '--json');
      assert.equal(exit, 70);
      const report = JSON.parse(out) as { damaged: { digest: string; users: { repository: string }[] }[] };
      assert.deepEqual(
        report.damaged.map(({ digest, users }) => [digest, users[0]?.repository]),
        [[image.layer.digest, 'myregistry/offline']],
      );
    });
    using client = await RegistryClient.of(seawall, 'myregistry');
    assert.equal((await client.send('HEAD', blobPath('offline', image.layer.digest))).status, 404);
  });
});

describe('a manifest that rotted in its database', () => {
  const scene = openScene();

  it('is refused as absent, told by verify, and healed by a push', async () => {
    const { seawall } = scene();
    using before = await RegistryClient.of(seawall, 'myregistry');
    const image = await pushImage(before, 'app', 'v1');
    await seawall.restart(undefined, async () => {
      using database = new Database(join(seawall.dataDir, 'metadata.db'), 'write');
      database.run('UPDATE manifest SET content = ?1', Buffer.from('{}'));
    });
    using client = await RegistryClient.of(seawall, 'myregistry');
    assert.equal((await client.send('GET', manifestPath('app', 'v1'))).status, 404);
    const { exit, err } = await verify(seawall.dataDir);
    assert.equal(exit, 70);
    assert.match(err, new RegExp(`the manifest ${image.manifest.digest} of myregistry/app is damaged`));
    await pushManifest(client, 'app', 'v1', image.manifest);
    assert.deepEqual((await client.send('GET', manifestPath('app', 'v1'))).body, image.manifest.bytes);
    assert.equal((await verify(seawall.dataDir)).exit, 0);
  });
});
