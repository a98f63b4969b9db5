import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import test from 'node:test';
import { installGoTool } from './go-tool.ts';
import { digestOf, writeIndex } from './image.ts';
import { type Command, lacks } from './process.ts';
import { openScene } from './scene.ts';

test('regctl', { skip: lacks() }, async (t) => {
  const source = 'github.com/regclient/regclient/cmd/regctl@v0.11.7';
  const tool = await installGoTool({ name: 'regctl', source });
  if (tool.kind === 'missing') return t.skip(tool.why);
  await using scene = await openScene();
  const { host, home } = scene;
  const regctl = (...args: readonly string[]): Command => [tool.path, ...args];
  const ok = (...args: readonly string[]) => scene.ok(regctl(...args));
  const refused = (...args: readonly string[]) => scene.refused(regctl(...args));
  const index = await writeIndex(join(home, 'index'), 'v1');
  const layout = `ocidir://${index.folder}:v1`;

  await t.test('is refused without a login', async () => {
    assert.match(await refused('image', 'copy', layout, `${host}/app:v1`), /unauthorized/i);
  });

  await t.test('logs in', async () => {
    await scene.ok(regctl('registry', 'login', host, '-u', scene.username, '--pass-stdin'), scene.password);
  });

  await t.test('copies a layout in and across repositories', async () => {
    await ok('image', 'copy', layout, `${host}/app:v1`);
    await ok('image', 'copy', '--force-recursive', `${host}/app:v1`, `${host}/copy:v1`);
    assert.equal((await ok('image', 'digest', `${host}/copy:v1`)).trim(), index.digest);
  });

  await t.test('puts an artifact that refers to an image, and lists it', async () => {
    const put = ['artifact', 'put', '--artifact-type', 'application/vnd.note', '--subject', `${host}/app:v1`];
    await scene.ok(regctl(...put), 'a note');
    const { descriptors } = JSON.parse(await ok('artifact', 'list', '--format', '{{json .}}', `${host}/app:v1`));
    assert.deepEqual(
      descriptors.map((one: { artifactType: string }) => one.artifactType),
      ['application/vnd.note'],
    );
    const other = ['--filter-artifact-type', 'application/vnd.other', '--format', '{{json .}}', `${host}/app:v1`];
    assert.deepEqual(JSON.parse(await ok('artifact', 'list', ...other)).descriptors ?? [], []);
  });

  await t.test('puts and gets a blob, by sha512 too', async () => {
    const put = await scene.ok(regctl('blob', 'put', `${host}/blobs`), 'some bytes');
    assert.match(put, new RegExp(digestOf('some bytes')));
    assert.equal(await ok('blob', 'get', `${host}/blobs`, digestOf('some bytes')), 'some bytes');
    const digest = `sha512:${createHash('sha512').update('some bytes').digest('hex')}`;
    await scene.ok(regctl('blob', 'put', '--digest', digest, `${host}/blobs`), 'some bytes');
    assert.equal(await ok('blob', 'get', `${host}/blobs`, digest), 'some bytes');
  });

  await t.test('lists and removes one tag, and leaves the other of the same image', async () => {
    await ok('image', 'copy', `${host}/app:v1`, `${host}/app:v2`);
    assert.equal(await ok('tag', 'ls', `${host}/app`), 'v1\nv2\n');
    await ok('tag', 'rm', `${host}/app:v1`);
    assert.equal(await ok('tag', 'ls', `${host}/app`), 'v2\n');
  });

  await t.test('deletes a manifest, and is told that an absent one is unknown', async () => {
    await ok('manifest', 'delete', `${host}/app@${index.digest}`);
    assert.match(await refused('manifest', 'head', `${host}/app:v2`), /not found/i);
  });

  await t.test('lists repositories', async () => {
    assert.equal(await ok('repo', 'ls', host), 'app\nblobs\ncopy\n');
  });
});
