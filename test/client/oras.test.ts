import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { installGoTool } from './go-tool.ts';
import { digestOf } from './image.ts';
import { type Command, lacks } from './process.ts';
import { openScene } from './scene.ts';

test('oras', { skip: lacks() }, async (t) => {
  const tool = await installGoTool({ name: 'oras', source: 'oras.land/oras/cmd/oras@v1.3.6' });
  if (tool.kind === 'missing') return t.skip(tool.why);
  await using scene = await openScene();
  const { host, home } = scene;
  const oras = (...args: readonly string[]): Command => [tool.path, ...args];
  const ok = (...args: readonly string[]) => scene.ok(oras(...args));
  const refused = (...args: readonly string[]) => scene.refused(oras(...args));
  const artifact = `${host}/files:v1`;
  await writeFile(join(home, 'hello.txt'), 'hello from oras');
  await writeFile(join(home, 'sbom.json'), '{}');

  await t.test('is refused without a login, and with a wrong password', async () => {
    assert.match(await refused('push', artifact, 'hello.txt'), /unauthorized|401|credential/i);
    assert.match(await refused('login', host, '-u', scene.username, '-p', 'wrong'), /unauthorized|401/i);
  });

  await t.test('logs in', async () => {
    const login = oras('login', host, '-u', scene.username, '--password-stdin');
    assert.match(await scene.ok(login, scene.password), /Login Succeeded/);
  });

  await t.test('pushes a file as an artifact and pulls it', async () => {
    await ok('push', '--artifact-type', 'application/vnd.example', artifact, 'hello.txt');
    await ok('pull', '-o', 'pulled', artifact);
    assert.equal(await readFile(join(home, 'pulled', 'hello.txt'), 'utf8'), 'hello from oras');
  });

  await t.test('attaches two artifacts and discovers each by its type, through the referrers API', async () => {
    const api = ['--distribution-spec', 'v1.1-referrers-api'];
    await ok('attach', ...api, '--artifact-type', 'application/vnd.sbom', artifact, 'sbom.json');
    await ok('attach', ...api, '--artifact-type', 'application/vnd.note', artifact, 'hello.txt');
    const discover = ['discover', ...api, '--format', 'json', artifact];
    assert.equal(referrersOf(await ok(...discover)).length, 2);
    const [sbom, ...more] = referrersOf(await ok(...discover, '--artifact-type', 'application/vnd.sbom'));
    assert.equal(sbom?.artifactType, 'application/vnd.sbom');
    assert.deepEqual(more, []);
    assert.equal(await ok('repo', 'tags', `${host}/files`), 'v1\n');
  });

  await t.test('pushes, fetches and deletes a blob', async () => {
    const blob = `${host}/files@${digestOf('hello from oras')}`;
    await ok('blob', 'push', `${host}/blobs`, 'hello.txt');
    assert.equal(await ok('blob', 'fetch', '--output', '-', blob.replace('/files@', '/blobs@')), 'hello from oras');
    await ok('blob', 'delete', '--force', blob.replace('/files@', '/blobs@'));
    assert.match(await refused('blob', 'fetch', '--output', '-', blob.replace('/files@', '/blobs@')), /not found/i);
    assert.equal(await ok('blob', 'fetch', '--output', '-', blob), 'hello from oras');
  });

  await t.test('copies an artifact with what refers to it', async () => {
    await ok('copy', '--recursive', artifact, `${host}/copied:v1`);
    assert.equal(referrersOf(await ok('discover', '--format', 'json', `${host}/copied:v1`)).length, 2);
  });

  await t.test('resolves, fetches, pushes and deletes a manifest', async () => {
    const digest = (await ok('resolve', artifact)).trim();
    await writeFile(join(home, 'manifest.json'), await ok('manifest', 'fetch', artifact));
    await ok('manifest', 'push', `${host}/files:v2`, 'manifest.json');
    assert.equal((await ok('resolve', `${host}/files:v2`)).trim(), digest);
    await ok('manifest', 'delete', '--force', `${host}/files@${digest}`);
    assert.match(await refused('resolve', artifact), /not found/i);
  });

  await t.test('lists repositories', async () => {
    assert.equal(await ok('repo', 'ls', host), 'blobs\ncopied\nfiles\n');
  });
});

function referrersOf(discovered: string): readonly { readonly artifactType: string }[] {
  const { referrers, manifests } = JSON.parse(discovered);
  return referrers ?? manifests ?? [];
}
