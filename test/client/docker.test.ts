import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { startDockerd } from './dockerd.ts';
import { tarOf } from './image.ts';
import { type Command, lacks } from './process.ts';
import { openScene } from './scene.ts';

test('docker', { skip: lacks('docker', 'dockerd', 'containerd') }, async (t) => {
  await using scene = await openScene();
  const { host, home } = scene;
  await using _dockerd = await startDockerd(scene);
  const docker = (...args: readonly string[]): Command => ['docker', '-H', `unix://${home}/docker.sock`, ...args];
  const image = `${host}/team/app:v1`;
  await writeFile(join(home, 'root.tar'), tarOf('hello.txt', 'hello'));
  await scene.ok(docker('import', join(home, 'root.tar'), image));

  await t.test('is refused a push without a login', async () => {
    assert.match(await scene.refused(docker('push', image)), /authentication required|unauthorized|no basic auth/i);
  });

  await t.test('is refused a login with a wrong password', async () => {
    const login = docker('login', '-u', scene.username, '-p', 'wrong', host);
    assert.match(await scene.refused(login), /unauthorized|authentication required/i);
  });

  await t.test('logs in', async () => {
    const login = docker('login', '-u', scene.username, '--password-stdin', host);
    assert.match(await scene.ok(login, scene.password), /Login Succeeded/);
  });

  const digest = /digest: (sha256:[0-9a-f]{64})/.exec(await scene.ok(docker('push', image)))?.[1];

  await t.test('pulls by tag what it pushed and removed', async () => {
    await scene.ok(docker('rmi', image));
    assert.match(await scene.ok(docker('pull', image)), new RegExp(`Digest: ${digest}`));
  });

  await t.test('pulls by digest', async () => {
    await scene.ok(docker('rmi', image));
    await scene.ok(docker('pull', `${host}/team/app@${digest}`));
    const found = await scene.ok(
      docker('image', 'inspect', '--format', '{{json .RepoDigests}}', `${host}/team/app@${digest}`),
    );
    assert.deepEqual(JSON.parse(found), [`${host}/team/app@${digest}`]);
  });

  await t.test('is told that a tag nobody pushed is unknown', async () => {
    assert.match(await scene.refused(docker('pull', `${host}/team/app:v2`)), /manifest.* (unknown|not found)/i);
  });

  await t.test('mounts what the registry has when it pushes to another repository', async () => {
    await scene.ok(docker('tag', `${host}/team/app@${digest}`, `${host}/other/app:v1`));
    assert.match(await scene.ok(docker('push', `${host}/other/app:v1`)), /Mounted from team\/app/);
  });

  await t.test('asks the registry for the manifest list of an image', async () => {
    const said = await scene.ok(docker('manifest', 'inspect', image));
    assert.equal(JSON.parse(said).schemaVersion, 2);
  });

  await t.test('takes a registry on 127.0.0.0/8 for an insecure one, and needs no CA for it', async () => {
    await scene.ok(docker('tag', `${host}/team/app@${digest}`, `${scene.anonymousHost}/app:v1`));
    const [username = '', password = ''] = scene.anonymousCredentials.split(':');
    await scene.ok(docker('login', '-u', username, '--password-stdin', scene.anonymousHost), password);
    await scene.ok(docker('push', `${scene.anonymousHost}/app:v1`));
    await scene.ok(docker('logout', scene.anonymousHost));
  });

  await t.test('pulls without a login where anonymous pull is on', async () => {
    await scene.ok(docker('rmi', `${scene.anonymousHost}/app:v1`));
    await scene.ok(docker('pull', `${scene.anonymousHost}/app:v1`));
  });

  await t.test('is refused a pull after logging out', async () => {
    await scene.ok(docker('logout', host));
    assert.match(await scene.refused(docker('pull', image)), /authentication required|unauthorized/i);
  });
});
