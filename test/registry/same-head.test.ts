import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { RawAnswer, RawConnection } from '../../src/testkit/raw-connection.ts';
import { type Arm, armOf } from '../management/arm.ts';
import { imageOf, manifestPath, pushImage } from './push.ts';
import { openScene } from './scene.ts';

const READS = ['repositories/app/content/read'];
const IMAGE = imageOf();
const OTHER = imageOf({ annotations: { other: 'yes' } });
const TAG = manifestPath('app', 'v1');

describe('a head that comes again and again, byte for byte, on one connection', () => {
  const scene = openScene({
    registries: [
      {
        name: 'myregistry',
        adminUserEnabled: true,
        scopeMaps: [{ name: 'read-app', actions: READS }],
        tokens: [{ name: 'robot', scopeMap: 'read-app' }],
      },
    ],
  });
  let arm: Arm;
  let registry: string;
  let connection: RawConnection;
  let token: string;

  before(async () => {
    arm = await armOf(scene().seawall);
    const group = `${arm.subscription}/resourceGroups/seawall`;
    registry = `${group}/providers/Microsoft.ContainerRegistry/registries/myregistry`;
    const made = await arm.must('POST', `${registry}/generateCredentials`, { tokenId: `${registry}/tokens/robot` });
    const [password] = made['passwords'] as readonly { readonly value: string }[];
    const basic = `Basic ${Buffer.from(`robot:${password?.value ?? ''}`).toString('base64')}`;
    await pushImage(scene().client, 'app', 'v1');
    token = await scene().client.bearer('repository:app:pull', basic);
    connection = await scene().client.raw();
  });
  after(() => connection[Symbol.asyncDispose]());
  beforeEach(async () => {
    await pushImage(scene().client, 'app', 'v1');
    assert.equal(await again(), `200 ${IMAGE.manifest.digest}`);
  });

  const send = async (path: string): Promise<RawAnswer> => {
    const lines = [`GET ${path} HTTP/1.1`, `Host: ${scene().client.host}`, `Authorization: ${token}`];
    await connection.send([...lines, '', ''].join('\r\n'));
    return await connection.answer();
  };

  /** Asks for what `v1` names; the status, and the digest of what came. */
  const again = async (path = TAG): Promise<string> => {
    const { status, headers } = await send(path);
    return `${status} ${headers['docker-content-digest'] ?? ''}`.trimEnd();
  };

  const patch = (path: string, change: object) =>
    scene().client.send('PATCH', path, {
      body: JSON.stringify(change),
      headers: { 'content-type': 'application/json' },
    });

  it('has the same answer each time, but for its id', async () => {
    const [one, two] = [await send(TAG), await send(TAG)];
    assert.equal(one.body, IMAGE.manifest.bytes.toString());
    assert.equal(one.body, two.body);
    assert.notEqual(one.headers['x-ms-correlation-request-id'], two.headers['x-ms-correlation-request-id']);
    assert.deepEqual(Object.keys(one.headers), Object.keys(two.headers));
  });

  it('is served what a tag names now, and nothing once it is gone', async () => {
    await pushImage(scene().client, 'app', 'v1', { annotations: { other: 'yes' } });
    assert.equal(await again(), `200 ${OTHER.manifest.digest}`);
    await scene().client.send('DELETE', TAG);
    assert.equal(await again(), '404');
  });

  it('by digest is served no manifest that is deleted', async () => {
    const path = manifestPath('app', IMAGE.manifest.digest);
    assert.equal(await again(path), `200 ${IMAGE.manifest.digest}`);
    await scene().client.send('DELETE', path);
    assert.equal(await again(path), '404');
  });

  for (const [what, path] of [
    ['tag', '/acr/v1/app/_tags/v1'],
    ['manifest', `/acr/v1/app/_manifests/${IMAGE.manifest.digest}`],
    ['repository', '/acr/v1/app'],
  ] as const)
    it(`is refused while its ${what} may not be read`, async () => {
      await patch(path, { readEnabled: false });
      assert.equal(await again(), '405');
      await patch(path, { readEnabled: true });
      assert.equal(await again(), `200 ${IMAGE.manifest.digest}`);
    });

  it('is refused while its network is', async () => {
    const rules = (defaultAction: string) =>
      arm.must('PATCH', registry, { properties: { networkRuleSet: { defaultAction, ipRules: [] } } });
    await rules('Deny');
    assert.equal(await again(), '403');
    await rules('Allow');
    assert.equal(await again(), `200 ${IMAGE.manifest.digest}`);
  });

  it('is refused while its scope map does not name the repository', async () => {
    const map = `${registry}/scopeMaps/read-app`;
    await arm.must('PATCH', map, { properties: { actions: ['repositories/another/content/read'] } });
    assert.equal(await again(), '403');
    await arm.must('PATCH', map, { properties: { actions: READS } });
    assert.equal(await again(), `200 ${IMAGE.manifest.digest}`);
  });

  it('is refused while its token is disabled, and for good once the password is another', async () => {
    const status = (value: string) => arm.must('PATCH', `${registry}/tokens/robot`, { properties: { status: value } });
    await status('disabled');
    assert.equal(await again(), '401');
    await status('enabled');
    assert.equal(await again(), `200 ${IMAGE.manifest.digest}`);
    await arm.must('POST', `${registry}/generateCredentials`, { tokenId: `${registry}/tokens/robot` });
    assert.equal(await again(), '401');
  });
});
