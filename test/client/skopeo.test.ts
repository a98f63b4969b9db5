import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { writeImage, writeIndex } from './image.ts';
import { lacks } from './process.ts';
import { openScene } from './scene.ts';

test('skopeo', { skip: lacks('skopeo') }, async (t) => {
  await using scene = await openScene();
  const { host, home, ok, refused } = scene;
  const remote = (name: string) => `docker://${host}/${name}`;
  const image = await writeImage(join(home, 'image'), 'v1');
  const index = await writeIndex(join(home, 'index'), 'v1');

  await t.test('is refused without a login', async () => {
    assert.match(await refused(['skopeo', 'inspect', remote('team/app:v1')]), /unauthorized|authentication required/i);
  });

  await t.test('is refused a login with a wrong password', async () => {
    const login = await refused(['skopeo', 'login', host, '-u', scene.username, '-p', 'wrong']);
    assert.match(login, /invalid username\/password|unauthorized/i);
  });

  await t.test('logs in', async () => {
    const said = await ok(['skopeo', 'login', host, '-u', scene.username, '--password-stdin'], scene.password);
    assert.match(said, /Login Succeeded/);
  });

  await t.test('copies an OCI layout in, and finds the manifest it sent', async () => {
    await ok(['skopeo', 'copy', `oci:${image.folder}:v1`, remote('team/app:v1')]);
    const raw = await ok(['skopeo', 'inspect', '--raw', remote('team/app:v1')]);
    assert.equal(raw, await readFile(join(image.folder, 'blobs', image.digest.replace(':', '/')), 'utf8'));
  });

  await t.test('says of an absent tag that it is not known', async () => {
    assert.match(await refused(['skopeo', 'inspect', remote('team/app:v2')]), /manifest unknown|not found/i);
  });

  await t.test('inspects by digest', async () => {
    const inspected = await ok(['skopeo', 'inspect', remote(`team/app@${image.digest}`)]);
    assert.equal(JSON.parse(inspected).Digest, image.digest);
  });

  await t.test('copies out to a folder and to a layout, and in again under the same digest', async () => {
    await ok(['skopeo', 'copy', remote('team/app:v1'), `dir:${join(home, 'out')}`]);
    await ok(['skopeo', 'copy', `dir:${join(home, 'out')}`, remote('team/again:v1')]);
    await ok(['skopeo', 'copy', remote('team/again:v1'), `oci:${join(home, 'back')}:v1`]);
    const inspected = await ok(['skopeo', 'inspect', remote('team/again:v1')]);
    assert.equal(JSON.parse(inspected).Digest, image.digest);
  });

  await t.test('copies as Docker schema 2', async () => {
    await ok(['skopeo', 'copy', '--format', 'v2s2', `oci:${image.folder}:v1`, remote('team/docker:v1')]);
    const raw = JSON.parse(await ok(['skopeo', 'inspect', '--raw', remote('team/docker:v1')]));
    assert.equal(raw.mediaType, 'application/vnd.docker.distribution.manifest.v2+json');
  });

  await t.test('copies an index with all its platforms and its attestation, both ways', async () => {
    await ok(['skopeo', 'copy', '--all', `oci:${index.folder}:v1`, remote('team/multi:v1')]);
    await ok(['skopeo', 'copy', '--all', '--preserve-digests', remote('team/multi:v1'), remote('team/multi-copy:v1')]);
    const raw = await ok(['skopeo', 'inspect', '--raw', remote('team/multi-copy:v1')]);
    assert.equal(raw, await readFile(join(index.folder, 'blobs', index.digest.replace(':', '/')), 'utf8'));
    assert.equal(JSON.parse(raw).manifests.length, 3);
  });

  await t.test('lists tags', async () => {
    await ok(['skopeo', 'copy', remote('team/app:v1'), remote('team/app:v1.1')]);
    assert.deepEqual(JSON.parse(await ok(['skopeo', 'list-tags', remote('team/app')])).Tags, ['v1', 'v1.1']);
  });

  await t.test('syncs a repository to a folder and from there into another registry path', async () => {
    await ok(['skopeo', 'sync', '--src', 'docker', '--dest', 'dir', `${host}/team/app`, join(home, 'sync')]);
    await ok(['skopeo', 'sync', '--src', 'dir', '--dest', 'docker', join(home, 'sync'), `${host}/mirror`]);
    assert.deepEqual(JSON.parse(await ok(['skopeo', 'list-tags', remote('mirror/app')])).Tags, ['v1', 'v1.1']);
  });

  await t.test('deletes an image, with every tag that named it', async () => {
    await ok(['skopeo', 'delete', remote('team/app:v1')]);
    assert.match(await refused(['skopeo', 'inspect', remote('team/app:v1.1')]), /manifest unknown|not found/i);
  });

  await t.test('may pull from a registry with anonymous pull, and not push', async () => {
    const open = `docker://${scene.anonymousHost}/app:v1`;
    assert.match(
      await refused(['skopeo', 'copy', `oci:${image.folder}:v1`, open]),
      /unauthorized|denied|authentication/i,
    );
    await ok(['skopeo', 'copy', '--dest-creds', scene.anonymousCredentials, `oci:${image.folder}:v1`, open]);
    assert.equal(JSON.parse(await ok(['skopeo', 'inspect', open])).Digest, image.digest);
  });

  await t.test('is refused again after logging out', async () => {
    await ok(['skopeo', 'logout', host]);
    assert.match(await refused(['skopeo', 'list-tags', remote('team/app')]), /unauthorized|authentication required/i);
  });
});
