import assert from 'node:assert/strict';
import { cp, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startSeawall } from '../../src/testkit/start-seawall.ts';
import { RegistryClient } from '../registry/client.ts';
import { manifestPath, pushImage } from '../registry/push.ts';
import { withMounts } from './private-mounts.ts';
import { run, whereIs } from './process.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const skip = whereIs('az') === undefined ? 'az not installed' : false;

describe('az', { skip }, () => {
  it('switches soft delete on, lists what was deleted, and restores it by its tag', async () => {
    await using home = await mkdtempDisposable(join(tmpdir(), 'seawall-test-'));
    const hosts = join(home.path, 'hosts');
    await cp('/etc/hosts', hosts);
    await using seawall = await startSeawall({ settings: { hostsFile: hosts } });
    const prepared = await run([process.execPath, MAIN, 'env', '--json', '--data', seawall.dataDir]);
    assert.equal(prepared.code, 0, prepared.stderr);
    const env = JSON.parse(prepared.stdout) as Record<string, string>;
    const az = async (...argv: readonly string[]): Promise<unknown> => {
      const command = withMounts([{ place: '/etc/hosts', by: hosts }], ['az', ...argv]);
      const { code, stdout, stderr } = await run(command, { env, cwd: home.path });
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    const { username, password } = seawall.admin('myregistry');
    const signedIn = ['-u', username, '-p', password];
    using client = await RegistryClient.of(seawall, 'myregistry');
    const image = await pushImage(client, 'app', 'v1');
    const { digest } = image.manifest;

    const policy = ['config', 'soft-delete', 'update', '-r', 'myregistry', '--status', 'enabled', '--days', '30'];
    assert.equal(await az('acr', ...policy, '--query', 'retentionDays'), 30);
    assert.equal((await client.send('DELETE', manifestPath('app', digest))).status, 202);
    assert.deepEqual(await az('acr', 'repository', 'list-deleted', '-n', 'myregistry', ...signedIn), ['app']);
    const listed = ['manifest', 'list-deleted', '-r', 'myregistry', '-n', 'app', '--query', '[].[digest, tags[0]]'];
    assert.deepEqual(await az('acr', ...listed, ...signedIn), [[digest, 'v1']]);
    await az('acr', 'manifest', 'restore', '-r', 'myregistry', '-n', 'app:v1', '-y', ...signedIn);
    assert.deepEqual((await client.send('GET', manifestPath('app', 'v1'))).body, image.manifest.bytes);
  });
});
