import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { installGoTool } from './go-tool.ts';
import { type Command, lacks } from './process.ts';
import { openScene } from './scene.ts';

test('helm', { skip: lacks() }, async (t) => {
  const tool = await installGoTool({ name: 'helm', source: 'helm.sh/helm/v3/cmd/helm@v3.22.0' });
  if (tool.kind === 'missing') return t.skip(tool.why);
  await using scene = await openScene();
  const { host, home } = scene;
  const helm = (...args: readonly string[]): Command => [tool.path, ...args];
  const charts = `oci://${host}/charts`;
  await mkdir(join(home, 'hello'));
  await writeFile(join(home, 'hello', 'Chart.yaml'), 'apiVersion: v2\nname: hello\nversion: 1.2.3+build.4\n');
  await scene.ok(helm('package', 'hello'));

  await t.test('is refused a push without a login', async () => {
    assert.match(await scene.refused(helm('push', 'hello-1.2.3+build.4.tgz', charts)), /unauthorized|401|credential/i);
  });

  await t.test('logs in', async () => {
    await scene.ok(helm('registry', 'login', host, '-u', scene.username, '--password-stdin'), scene.password);
  });

  await t.test('pushes a chart, whose + becomes _ in the tag', async () => {
    assert.match((await scene.run(helm('push', 'hello-1.2.3+build.4.tgz', charts))).stderr, /hello:1\.2\.3_build\.4/);
  });

  await t.test('shows and pulls the newest version', async () => {
    assert.match(await scene.ok(helm('show', 'chart', `${charts}/hello`)), /version: 1\.2\.3\+build\.4/);
    await scene.ok(helm('pull', `${charts}/hello`, '--untar', '--untardir', 'pulled'));
    assert.match(await scene.ok(['cat', 'pulled/hello/Chart.yaml']), /name: hello/);
  });

  await t.test('is refused a version nobody pushed', async () => {
    assert.match(await scene.refused(helm('pull', `${charts}/hello`, '--version', '9.9.9')), /not found/i);
  });
});
