import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import { ask, head, open, statusOf, untilSent } from '../hostile/raw.ts';
import { startDockerd } from './dockerd.ts';
import { tarOf, writeImage } from './image.ts';
import { podmanOf } from './podman.ts';
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

/** So many requests of one address may be under way: more than podman itself has at once. */
const AT_ONCE = 8;

/** Has as many requests under way as the address of this machine may, until it is disposed. */
async function occupy({ host, state }: Scene): Promise<Disposable> {
  const port = Number(state.registryAddress.split(':').at(-1));
  const sockets = Array.from({ length: AT_ONCE }, () => {
    const socket = open({ port });
    socket.write(head('POST /oauth2/token', { host, 'content-length': '100', expect: '100-continue' }));
    return socket;
  });
  // Each is asked for its body: it is under way.
  await Promise.all(sockets.map((socket) => untilSent(socket, /^HTTP\/1\.1 100/)));
  return { [Symbol.dispose]: () => sockets.forEach((socket) => socket.destroy()) };
}

/** Resolves once the server has told a client that it is limited. */
async function untilLimited({ ca, state }: Scene): Promise<void> {
  const authority = await readFile(ca, 'utf8');
  for (;;) {
    const sent = request(new URL('/metrics', state.control), { ca: authority, agent: false });
    const [response] = (await once(sent.end(), 'response')) as [IncomingMessage];
    if (/^seawall_client_limited_total\{.*\} [1-9]/m.test(await text(response))) return;
  }
}

test('podman waits as long as a 429 says and pulls, and says too many requests where that does not end', {
  skip: lacks('podman'),
}, async () => {
  await using scene = await openScene({ clientRequests: String(AT_ONCE) });
  const { host, home, certDir } = scene;
  const podman = podmanOf(home);
  const tls = ['--cert-dir', certDir];
  const image = `${host}/team/app:v1`;
  await writeFile(join(home, 'root.tar'), tarOf('hello.txt', 'hello'));
  await scene.ok(podman('import', join(home, 'root.tar'), image));
  await scene.ok(podman('login', ...tls, '-u', scene.username, '--password-stdin', host), scene.password);
  await scene.ok(podman('push', ...tls, image));
  await scene.ok(podman('rmi', image));
  const occupied = await occupy(scene);
  const pulled = scene.run(podman('pull', ...tls, image));
  await untilLimited(scene);
  occupied[Symbol.dispose]();
  const { code, stderr } = await pulled;
  assert.equal(code, 0, stderr);
  await scene.ok(podman('rmi', image));
  using _ = await occupy(scene);
  assert.match(await scene.refused(podman('pull', ...tls, image)), /too many requests to registry/);
});
