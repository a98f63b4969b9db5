import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { ask, statusOf } from '../hostile/raw.ts';
import { startDockerd } from './dockerd.ts';
import { tarOf, writeImage } from './image.ts';
import { type Command, lacks } from './process.ts';
import { openScene, type Scene } from './scene.ts';

/** One request a second, of which a minute is saved up: what clients do when that is used up. */
const RATE = { clientRequestsPerSecond: '1' };

/** Asks until the address that all clients of this machine have is answered 429. */
async function exhaust({ host, state }: Scene): Promise<void> {
  const port = Number(state.registryAddress.split(':').at(-1));
  while (statusOf(await ask({ port }, 'GET /v1/_ping', { host })) !== '429');
}

/** Runs a client again and again, as people and CI do, until it is served; what it said then. */
async function untilOk(scene: Scene, command: Command): Promise<string> {
  for (;;) {
    const { code, stdout } = await scene.run(command);
    if (code === 0) return stdout;
    // The bucket fills by one request a second.
    await new Promise((resolve) => setTimeout(resolve, 5000));
  }
}

test('skopeo, made of what podman is made of, says too many requests when it is answered 429, and reads when it is asked again', {
  skip: lacks('skopeo'),
}, async () => {
  await using scene = await openScene(RATE);
  const { host, home, ok } = scene;
  const image = await writeImage(join(home, 'image'), 'v1');
  await ok(['skopeo', 'login', host, '-u', scene.username, '--password-stdin'], scene.password);
  await ok(['skopeo', 'copy', `oci:${image.folder}:v1`, `docker://${host}/team/app:v1`]);
  await exhaust(scene);
  const inspect: Command = ['skopeo', 'inspect', '--raw', `docker://${host}/team/app:v1`];
  assert.match(await scene.refused(inspect), /too ?many ?requests|429/i);
  const manifest = await readFile(join(image.folder, 'blobs', image.digest.replace(':', '/')), 'utf8');
  assert.equal(await untilOk(scene, inspect), manifest);
});

test('docker says toomanyrequests when it is answered 429, and pulls when it is asked again', {
  skip: lacks('docker', 'dockerd', 'containerd'),
}, async () => {
  await using scene = await openScene(RATE);
  const { host, home } = scene;
  await using _dockerd = await startDockerd(scene);
  const docker = (...args: readonly string[]): Command => ['docker', '-H', `unix://${home}/docker.sock`, ...args];
  const image = `${host}/team/app:v1`;
  await writeFile(join(home, 'root.tar'), tarOf('hello.txt', 'hello'));
  await scene.ok(docker('import', join(home, 'root.tar'), image));
  await scene.ok(docker('login', '-u', scene.username, '--password-stdin', host), scene.password);
  await scene.ok(docker('push', image));
  await scene.ok(docker('rmi', image));
  await exhaust(scene);
  assert.match(await scene.refused(docker('pull', image)), /toomanyrequests|too many requests|429/i);
  assert.match(await untilOk(scene, docker('pull', image)), /Digest: sha256:/);
});
