import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { tarOf } from './image.ts';
import { podmanOf } from './podman.ts';
import { type Command, lacks } from './process.ts';
import { openScene } from './scene.ts';

test('podman', { skip: lacks('podman') }, async (t) => {
  await using scene = await openScene();
  const { host, home, certDir } = scene;
  const podman = podmanOf(home);
  const tls = ['--cert-dir', certDir];
  const image = `${host}/team/app:v1`;
  const archive = join(home, 'root.tar');
  await writeFile(archive, tarOf('hello.txt', 'hello'));
  await scene.ok(podman('import', archive, image));

  await t.test('is refused a push without a login', async () => {
    assert.match(await scene.refused(podman('push', ...tls, image)), /unauthorized|authentication required/i);
  });

  await t.test('is refused a login with a wrong password', async () => {
    const login = podman('login', ...tls, '-u', scene.username, '-p', 'wrong', host);
    assert.match(await scene.refused(login), /invalid username\/password/i);
  });

  await t.test('logs in', async () => {
    const login = podman('login', ...tls, '-u', scene.username, '--password-stdin', host);
    assert.match(await scene.ok(login, scene.password), /Login Succeeded/);
  });

  await t.test('pushes, and pulls by tag what it removed', async () => {
    await scene.ok(podman('push', ...tls, '--digestfile', join(home, 'digest'), image));
    await scene.ok(podman('rmi', image));
    await scene.ok(podman('pull', ...tls, image));
    assert.match(await scene.ok(podman('images', '--noheading', '--format', '{{.Repository}}')), /team\/app/);
  });

  await t.test('pulls by digest', async () => {
    const inspected = await scene.ok(podman('image', 'inspect', '--format', '{{.Digest}}', image));
    await scene.ok(podman('rmi', image));
    await scene.ok(podman('pull', ...tls, `${host}/team/app@${inspected.trim()}`));
  });

  await t.test('is told that a digest nobody pushed is unknown', async () => {
    const absent = `${host}/team/app@sha256:${'0'.repeat(64)}`;
    assert.match(await scene.refused(podman('pull', ...tls, absent)), /manifest unknown|not found/i);
  });

  await t.test('does not accept the certificate of a CA it was not given', async () => {
    const strict: Command = ['env', '-u', 'SSL_CERT_FILE', ...podman('pull', image)];
    assert.match(await scene.refused(strict), /x509|certificate/i);
  });

  await t.test('searches tags', async () => {
    assert.match(await scene.ok(podman('search', '--list-tags', `${host}/team/app`)), /v1/);
  });

  await t.test('pushes and pulls a manifest list', async () => {
    await scene.ok(podman('pull', ...tls, image));
    await scene.ok(podman('manifest', 'create', 'list'));
    await scene.ok(podman('manifest', 'add', ...tls, 'list', `docker://${image}`));
    await scene.ok(podman('manifest', 'push', ...tls, '--all', 'list', `docker://${host}/team/list:v1`));
    const inspected = await scene.ok(podman('manifest', 'inspect', `${host}/team/list:v1`));
    assert.equal(JSON.parse(inspected).manifests.length, 1);
  });

  await t.test('is refused a pull after logging out', async () => {
    await scene.ok(podman('logout', host));
    await scene.ok(podman('rmi', '--all', '--force'));
    assert.match(await scene.refused(podman('pull', ...tls, image)), /unauthorized|authentication required/i);
  });
});
