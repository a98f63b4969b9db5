import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { installGoTool } from './go-tool.ts';
import { digestOf, tarOf, writeImage, writeIndex } from './image.ts';
import { type Command, lacks } from './process.ts';
import { openScene } from './scene.ts';

const SOURCE = 'github.com/google/go-containerregistry/cmd/crane@v0.22.1';

test('crane', { skip: lacks() }, async (t) => {
  const tool = await installGoTool({ name: 'crane', source: SOURCE });
  if (tool.kind === 'missing') return t.skip(tool.why);
  await using scene = await openScene();
  const { host, home } = scene;
  const crane = (...args: readonly string[]): Command => [tool.path, ...args];
  const ok = (...args: readonly string[]) => scene.ok(crane(...args));
  const refused = (...args: readonly string[]) => scene.refused(crane(...args));
  const index = await writeIndex(join(home, 'index'), 'v1');
  const image = await writeImage(join(home, 'image'), 'v1');
  await writeFile(join(home, 'layer.tar'), tarOf('hello.txt', 'hello'));

  await t.test('is refused without a login', async () => {
    assert.match(await refused('push', index.folder, `${host}/app:v1`), /UNAUTHORIZED/);
  });

  await t.test('logs in', async () => {
    await ok('auth', 'login', host, '-u', scene.username, '-p', scene.password);
  });

  await t.test('pushes a layout with an index and pulls it back', async () => {
    await ok('push', '--index', index.folder, `${host}/app:v1`);
    await ok('pull', '--format', 'oci', `${host}/app:v1`, join(home, 'pulled'));
    const pushed = digestOf(await readFile(join(index.folder, 'index.json')));
    assert.equal((await ok('digest', `${host}/app:v1`)).trim(), pushed);
  });

  await t.test('finds an image that it pushed valid, to its last byte', async () => {
    await ok('push', image.folder, `${host}/valid:v1`);
    await ok('validate', '--remote', `${host}/valid:v1`);
  });

  await t.test('appends a layer, mutates the image and exports its files', async () => {
    await ok('append', '-f', join(home, 'layer.tar'), '-t', `${host}/made:v1`);
    await ok('mutate', `${host}/made:v1`, '--label', 'a=b', '-t', `${host}/made:v2`);
    assert.match(await ok('config', `${host}/made:v2`), /"a":"b"/);
    await ok('export', `${host}/made:v2`, join(home, 'files.tar'));
    assert.match(await scene.ok(['tar', '-tf', join(home, 'files.tar')]), /hello.txt/);
  });

  await t.test('copies into another repository, where the digest is the same', async () => {
    await ok('copy', `${host}/made:v2`, `${host}/copy/made:v2`);
    assert.equal(await ok('digest', `${host}/copy/made:v2`), await ok('digest', `${host}/made:v2`));
  });

  await t.test('lists tags and the catalog', async () => {
    assert.equal(await ok('ls', `${host}/made`), 'v1\nv2\n');
    assert.equal(await ok('catalog', host), 'app\ncopy/made\nmade\nvalid\n');
  });

  await t.test('tags, reads a blob, and deletes', async () => {
    await ok('tag', `${host}/made:v2`, 'latest');
    const { layers } = JSON.parse(await ok('manifest', `${host}/made:latest`));
    assert.notEqual(await ok('blob', `${host}/made@${layers[0].digest}`), '');
    await ok('delete', `${host}/made@${(await ok('digest', `${host}/made:v1`)).trim()}`);
    assert.match(await refused('manifest', `${host}/made:v1`), /MANIFEST_UNKNOWN/);
  });

  await t.test('pulls without a login where anonymous pull is on, and may not push there', async () => {
    await ok('auth', 'login', scene.anonymousHost, ...asFlags(scene.anonymousCredentials));
    await ok('copy', `${host}/app:v1`, `${scene.anonymousHost}/app:v1`);
    await ok('auth', 'logout', scene.anonymousHost);
    await ok('digest', `${scene.anonymousHost}/app:v1`);
    assert.match(await refused('tag', `${scene.anonymousHost}/app:v1`, 'v2'), /UNAUTHORIZED|DENIED/);
  });
});

function asFlags(credentials: string): readonly string[] {
  const [username = '', password = ''] = credentials.split(':');
  return ['-u', username, '-p', password];
}
