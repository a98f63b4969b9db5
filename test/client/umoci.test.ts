import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { lacks } from './process.ts';
import { openScene } from './scene.ts';

test('umoci', { skip: lacks('umoci', 'skopeo') }, async (t) => {
  await using scene = await openScene();
  const { home, ok } = scene;
  const remote = `docker://${scene.host}/umoci/app:v1`;
  await ok(['skopeo', 'login', scene.host, '-u', scene.username, '--password-stdin'], scene.password);
  await ok(['umoci', 'init', '--layout', 'made']);
  await ok(['umoci', 'new', '--image', 'made:v1']);

  await t.test('makes an image without layers, which the registry takes and gives back', async () => {
    await ok(['skopeo', 'copy', 'oci:made:v1', remote]);
    await ok(['skopeo', 'copy', remote, 'oci:empty:v1']);
    assert.match(await ok(['umoci', 'stat', '--image', 'empty:v1']), /LAYER/);
  });

  await t.test('unpacks from the registry the file that it put into a layer', async () => {
    await writeFile(join(home, 'hello.txt'), 'hello from umoci');
    await ok(['umoci', 'insert', '--image', 'made:v1', 'hello.txt', '/hello.txt']);
    await ok(['umoci', 'config', '--image', 'made:v1', '--config.label', 'made-by=umoci']);
    await ok(['skopeo', 'copy', 'oci:made:v1', remote]);
    await ok(['skopeo', 'copy', remote, 'oci:back:v1']);
    await ok(['umoci', 'unpack', '--image', 'back:v1', 'bundle']);
    assert.equal(await ok(['cat', 'bundle/rootfs/hello.txt']), 'hello from umoci');
  });
});
