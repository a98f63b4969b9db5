import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askControl, ownerToken } from '../../src/testkit/control-client.ts';
import { blobPath, manifestPath, pushImage } from './push.ts';
import { openScene, type Scene } from './scene.ts';

const PREVIEW = '2022-02-01-preview';

/** Sets policies of the registry by the management API. */
async function setPolicies({ seawall }: Scene, policies: object, apiVersion = PREVIEW) {
  const group = `/subscriptions/${seawall.state.subscriptionId}/resourceGroups/seawall`;
  const path = `${group}/providers/Microsoft.ContainerRegistry/registries/myregistry?api-version=${apiVersion}`;
  const headers = { authorization: `Bearer ${await ownerToken(seawall)}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ properties: { policies } });
  const answer = await askControl(seawall, 'PATCH', path, { body, headers });
  return { status: answer.status, json: answer.json() as { properties?: { policies?: Record<string, unknown> } } };
}

async function json({ client }: Scene, path: string): Promise<Record<string, unknown>> {
  const answer = await client.send('GET', path);
  assert.equal(answer.status, 200, answer.body.toString());
  return JSON.parse(answer.body.toString()) as Record<string, unknown>;
}

describe('soft delete', () => {
  const scene = openScene();

  it('is a policy of previews, and refuses to stand beside a retention policy', async () => {
    const enabled = await setPolicies(scene(), { softDeletePolicy: { status: 'enabled', retentionDays: 30 } });
    assert.equal(enabled.status, 200);
    const policy = enabled.json.properties?.policies?.['softDeletePolicy'];
    assert.match(JSON.stringify(policy), /"retentionDays":30.*"status":"enabled"/);
    const both = await setPolicies(scene(), { retentionPolicy: { status: 'enabled', days: 3 } });
    assert.equal(both.status, 400);
    assert.match(JSON.stringify(both.json), /cannot both be enabled/);
    const stable = await setPolicies(scene(), { softDeletePolicy: { status: 'enabled' } }, '2023-07-01');
    assert.equal(stable.status, 400);
    const tooLong = await setPolicies(scene(), { softDeletePolicy: { retentionDays: 91 } });
    assert.equal(tooLong.status, 400);
  });

  it('lists what was deleted, and restores it as az asks for it', async () => {
    const { client } = scene();
    const image = await pushImage(client, 'app', 'v1');
    const { digest } = image.manifest;
    assert.equal((await client.send('DELETE', manifestPath('app', digest))).status, 202);
    assert.equal((await client.send('GET', manifestPath('app', 'v1'))).status, 404);
    assert.deepEqual((await json(scene(), '/acr/v1/_deleted/_catalog?n=100'))['repositories'], ['app']);
    const tags = (await json(scene(), '/acr/v1/_deleted/app/_tags?n=100'))['tags'] as Record<string, string>[];
    assert.deepEqual([tags[0]?.['tag'], tags[0]?.['digest']], ['v1', digest]);
    assert.ok(!Number.isNaN(Date.parse(tags[0]?.['deletedAt'] ?? '')));
    const manifests = (await json(scene(), '/acr/v1/_deleted/app/_manifests'))['manifests'] as Record<string, string>[];
    assert.equal(manifests[0]?.['digest'], digest);

    const restored = await client.send('POST', `/acr/v1/_deleted/app/_manifests/${digest}?force=False`, {
      body: '{"tag": "v1"}',
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(restored.status, 202, restored.body.toString());
    assert.deepEqual((await client.send('GET', manifestPath('app', 'v1'))).body, image.manifest.bytes);
    assert.deepEqual((await client.send('GET', blobPath('app', image.layer.digest))).body, image.layer.bytes);
  });

  it('moves a tag that was pushed again only by force', async () => {
    const { client } = scene();
    const first = await pushImage(client, 'moved', 'v1', { layer: 'first' });
    await client.send('DELETE', manifestPath('moved', first.manifest.digest));
    await pushImage(client, 'moved', 'v1', { layer: 'second' });
    const path = `/acr/v1/_deleted/moved/_manifests/${first.manifest.digest}`;
    const ask = { body: '{"tag":"v1"}', headers: { 'content-type': 'application/json' } };
    const refused = await client.send('POST', path, ask);
    assert.equal(refused.status, 400);
    assert.match(refused.body.toString(), /by now; force moves it/);
    assert.equal((await client.send('POST', `${path}?force=True`, ask)).status, 202);
    assert.deepEqual((await client.send('GET', manifestPath('moved', 'v1'))).body, first.manifest.bytes);
  });

  it('keeps nothing once it is disabled, and what was kept before can still be restored', async () => {
    const { client } = scene();
    const [before, after] = [
      await pushImage(client, 'off', 'v1', { layer: '1' }),
      await pushImage(client, 'off', 'v2', { layer: '2' }),
    ];
    await client.send('DELETE', manifestPath('off', before.manifest.digest));
    assert.equal((await setPolicies(scene(), { softDeletePolicy: { status: 'disabled' } })).status, 200);
    await client.send('DELETE', manifestPath('off', after.manifest.digest));
    const path = (digest: string): string => `/acr/v1/_deleted/off/_manifests/${digest}`;
    assert.equal((await client.send('POST', path(after.manifest.digest))).status, 404);
    assert.equal((await client.send('POST', path(before.manifest.digest))).status, 202);
  });
});
