import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { startDaemon } from './daemon.ts';
import { writeImage, writeIndex } from './image.ts';
import { type Command, lacks } from './process.ts';
import { type Scene, openScene } from './scene.ts';

test("containerd's ctr", { skip: lacks('ctr', 'containerd', 'tar') }, async (t) => {
  await using scene = await openScene();
  const { host, home } = scene;
  await using _containerd = await startContainerd(scene);
  const ctr = (...args: readonly string[]): Command => [
    'ctr',
    '-a',
    join(home, 'c.sock'),
    '-n',
    'test',
    'images',
    ...args,
  ];
  const trust = ['--hosts-dir', await writeHostsDir(scene)];
  const login = ['-u', `${scene.username}:${scene.password}`];
  const pull = (image: string, ...more: readonly string[]) =>
    ctr('pull', '--snapshotter', 'native', ...trust, ...more, image);
  const one = await importLayout(scene, ctr, 'one');
  const many = await importLayout(scene, ctr, 'many');

  await t.test('is refused a push without a login', async () => {
    assert.match(await scene.refused(ctr('push', ...trust, one)), /401 Unauthorized|authorization failed/i);
  });

  await t.test('is refused a push with a wrong password', async () => {
    const wrong = ['-u', `${scene.username}:wrong`];
    assert.match(await scene.refused(ctr('push', ...trust, ...wrong, one)), /401 Unauthorized|authorization failed/i);
  });

  await t.test('pushes an image, and pulls it when it has forgotten it', async () => {
    await scene.ok(ctr('push', ...trust, ...login, one));
    await scene.ok(ctr('rm', '--sync', one));
    await scene.ok(pull(one, ...login));
    assert.match(await scene.ok(ctr('ls', '-q')), new RegExp(one));
  });

  await t.test('pushes an index with its attestation, and pulls all its platforms', async () => {
    await scene.ok(ctr('push', ...trust, ...login, many));
    await scene.ok(ctr('rm', '--sync', many));
    await scene.ok(pull(many, ...login, '--all-platforms'));
  });

  await t.test('pulls without checking the certificate where it is told so', async () => {
    await scene.ok(ctr('rm', '--sync', one));
    await scene.ok(ctr('pull', '--snapshotter', 'native', '--skip-verify', ...login, one));
  });

  await t.test('is refused a pull without a login', async () => {
    await scene.ok(ctr('rm', '--sync', one));
    assert.match(await scene.refused(pull(one)), /401 Unauthorized|authorization failed/i);
  });

  await t.test('is told that a tag nobody pushed is not found', async () => {
    assert.match(await scene.refused(pull(`${host}/one:v2`, ...login)), /not found/i);
  });
});

async function startContainerd(scene: Scene): Promise<AsyncDisposable> {
  const folder = (name: string) => join(scene.home, name);
  const config = `version = 2
root = "${folder('root')}"
state = "${folder('state')}"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
address = "${folder('c.sock')}"
`;
  await writeFile(folder('containerd.toml'), config);
  return startDaemon(
    ['containerd', '--config', folder('containerd.toml')],
    /containerd successfully booted/,
    scene.mounts,
  );
}

/** The folder in which ctr looks up how to reach a registry. */
async function writeHostsDir({ home, host, ca }: Scene): Promise<string> {
  const folder = join(home, 'hosts.d');
  await mkdir(join(folder, host), { recursive: true });
  const server = `server = "https://${host}"\n[host."https://${host}"]\n  ca = "${ca}"\n`;
  await writeFile(join(folder, host, 'hosts.toml'), server);
  return folder;
}

/** Imports a layout made by hand; answers the image's name, which is in the private registry. */
async function importLayout(scene: Scene, ctr: (...args: string[]) => Command, name: string): Promise<string> {
  const folder = join(scene.home, name);
  await (name === 'many' ? writeIndex(folder, 'v1') : writeImage(folder, 'v1'));
  await scene.ok(['tar', '-C', folder, '-cf', `${folder}.tar`, '.']);
  const base = `${scene.host}/${name}`;
  await scene.ok(ctr('import', '--all-platforms', '--no-unpack', '--base-name', base, `${folder}.tar`));
  return `${base}:v1`;
}
