import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runHere } from '../../src/cli/memory-terminal.fixture.ts';
import { askControl } from '../../src/testkit/control-client.ts';
import { blobPath, content, manifestPath, pushBlob, pushImage } from './push.ts';
import { openScene, type Scene } from './scene.ts';

async function gc({ seawall }: Scene, ...flags: readonly string[]): Promise<Record<string, number>> {
  const { exit, out, err } = await runHere(['gc', '--json', '--data', seawall.dataDir, ...flags]);
  assert.equal(exit, 0, err);
  return JSON.parse(out) as Record<string, number>;
}

async function files({ seawall }: Scene): Promise<number> {
  const names = await readdir(join(seawall.dataDir, 'content', 'blobs'), { recursive: true });
  return names.filter((name) => name.includes('-')).length;
}

describe('the garbage collection of a running server', () => {
  const scene = openScene();

  it('takes the layers of a deleted image from the disk in two passes, and leaves those of another', async () => {
    const { client } = scene();
    const gone = await pushImage(client, 'app', 'v1', { layer: 'gone' });
    const kept = await pushImage(client, 'app', 'v1', { layer: 'kept' });
    await client.send('DELETE', manifestPath('app', gone.manifest.digest));
    assert.equal((await gc(scene(), '--dry-run'))['condemned'], 1);
    assert.equal((await gc(scene()))['condemned'], 1);
    assert.equal((await client.send('HEAD', blobPath('app', gone.layer.digest))).status, 404);
    const second = await gc(scene());
    assert.deepEqual([second['unlinked'], second['freedBytes']], [1, gone.layer.bytes.length]);
    assert.equal(await files(scene()), 2, 'the config that both share, and the layer that is kept');
    for (const digest of [kept.layer.digest, kept.config.digest])
      assert.equal((await client.send('GET', blobPath('app', digest))).status, 200);
    assert.equal((await client.send('GET', manifestPath('app', 'v1'))).status, 200);
  });

  it('takes nothing that belongs to a push whose upload is open, in any number of passes', async () => {
    const { client } = scene();
    const layer = content('a first layer');
    await pushBlob(client, 'slow', layer);
    const begun = await client.send('POST', '/v2/slow/blobs/uploads/');
    for (let i = 0; i < 3; i++) assert.equal((await gc(scene()))['unlinked'], 0);
    assert.equal((await client.send('HEAD', blobPath('slow', layer.digest))).status, 200);
    await client.send('DELETE', String(begun.headers.location));
    await gc(scene());
    assert.equal((await gc(scene()))['unlinked'], 1);
    assert.equal((await client.send('HEAD', blobPath('slow', layer.digest))).status, 404);
  });

  it('prints a table for a person', async () => {
    const { seawall } = scene();
    const { out } = await runHere(['gc', '--dry-run', '--data', seawall.dataDir]);
    assert.match(out, /^WHAT +COUNT +SIZE\nlinks looked at +\d+\n/);
  });

  it('is for the owner of the server alone', async () => {
    const { seawall } = scene();
    const answer = await askControl(seawall, 'POST', '/seawall/maintenance/gc');
    assert.equal(answer.status, 401);
  });
});
