import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { askControl, ownerToken } from '../../src/testkit/control-client.ts';
import { type Answer, jsonOf, RegistryClient, refusalOf } from './client.ts';
import { blobPath, content, digestOf, manifestPath, pushBlob, pushImage } from './push.ts';
import { openScene } from './scene.ts';
import { UploadSession } from './upload-session.ts';

const READER = { name: 'reader', scopeMap: 'read-public' };

const REGISTRIES = [
  {
    name: 'myregistry',
    adminUserEnabled: true,
    scopeMaps: [
      { name: 'read-public', actions: ['repositories/public/content/read'] },
      {
        name: 'write-mine',
        actions: ['repositories/mine/content/write', 'repositories/mine/content/read'],
      },
    ],
    tokens: [READER, { name: 'writer', scopeMap: 'write-mine' }],
  },
  { name: 'other', adminUserEnabled: true },
  { name: 'openreg', adminUserEnabled: true, anonymousPullEnabled: true },
];

describe('registries of one process', () => {
  const scene = openScene({ registries: REGISTRIES });
  let other: RegistryClient;
  before(async () => {
    other = await RegistryClient.of(scene().seawall, 'other');
    await pushImage(scene().client, 'app', 'v1');
  });
  after(() => other[Symbol.dispose]());

  it('do not see the content of one another', async () => {
    const { layer, manifest } = await pushImage(scene().client, 'app', 'v1');
    for (const path of [
      manifestPath('app', 'v1'),
      manifestPath('app', manifest.digest),
      blobPath('app', layer.digest),
      '/acr/v1/app',
    ])
      assert.equal((await other.send('GET', path)).status, 404);
    assert.deepEqual(jsonOf(await other.send('GET', '/v2/_catalog')), { repositories: [] });
  });

  it('do not mount from one another', async () => {
    const blob = content('of one registry');
    await pushBlob(scene().client, 'app', blob);
    const answer = await other.send('POST', `/v2/app/blobs/uploads/?mount=${blob.digest}&from=app`);
    assert.equal(answer.status, 202);
  });

  it('do not see the uploads of one another', async () => {
    const upload = await UploadSession.begin(scene().client, 'app');
    for (const method of ['GET', 'PATCH', 'DELETE'])
      assert.equal(refusalOf(await other.send(method, upload.location)), '404 BLOB_UPLOAD_UNKNOWN');
    assert.equal((await upload.status()).status, 204);
  });

  it('do not see them after a restart either, which asked first', async () => {
    const { client, seawall } = scene();
    const upload = await UploadSession.begin(client, 'app');
    await upload.patch('kept');
    await seawall.restart();
    const [theirs, ours] = await Promise.all([other.send('GET', upload.location), upload.status()]);
    assert.deepEqual([theirs.status, ours.status], [404, 204]);
    assert.equal((await upload.put(digestOf('kept'))).status, 201);
  });

  it('do not take the tokens or passwords of one another', async () => {
    const { client } = scene();
    const token = await client.bearer('repository:app:pull');
    assert.equal((await client.send('GET', manifestPath('app', 'v1'), { authorization: token })).status, 200);
    for (const authorization of [token, client.basic]) {
      const answer = await other.send('GET', '/v2/', { authorization });
      assert.equal(refusalOf(answer), '401 UNAUTHORIZED');
      assert.match(String(answer.headers['www-authenticate']), /^Bearer realm="https:\/\/other\./);
    }
  });

  it('do not give tokens for one another', async () => {
    const query = new URLSearchParams({ service: other.serverName, scope: 'repository:app:pull' });
    const answer = await scene().client.send('GET', `/oauth2/token?${query.toString()}`);
    assert.equal(refusalOf(answer), '400 UNSUPPORTED');
  });

  it('store one blob each, and deleting it in one leaves it in the other', async () => {
    const { client } = scene();
    const blob = content('in both');
    await pushBlob(client, 'app', blob);
    await pushBlob(other, 'app', blob);
    assert.equal((await client.send('DELETE', blobPath('app', blob.digest))).status, 202);
    assert.ok((await other.send('GET', blobPath('app', blob.digest))).body.equals(blob.bytes));
  });

  it('are not served while they are not declared, and are as they were once they are again', async () => {
    const { seawall, client } = scene();
    const { manifest } = await pushImage(other, 'kept', 'v1');
    await seawall.restart(REGISTRIES.filter(({ name }) => name !== 'other'));
    assert.equal((await client.send('GET', manifestPath('app', 'v1'))).status, 200);
    assert.equal(refusalOf(await other.send('GET', '/v2/', { authorization: '' })), '421 UNSUPPORTED');
    await seawall.restart(REGISTRIES);
    assert.ok((await other.send('GET', manifestPath('kept', 'v1'))).body.equals(manifest.bytes));
  });
});

describe('a token', () => {
  const scene = openScene({ registries: REGISTRIES });
  before(async () => {
    await pushImage(scene().client, 'public', 'v1');
    await pushImage(scene().client, 'secret', 'v1');
  });

  const get = (path: string, authorization: string): Promise<Answer> =>
    scene().client.send('GET', path, { authorization });

  it('opens what it names, and nothing else', async () => {
    const { client } = scene();
    const token = await client.bearer('repository:public:pull');
    assert.equal((await get(manifestPath('public', 'v1'), token)).status, 200);
    for (const [method, path] of [
      ['GET', manifestPath('secret', 'v1')],
      ['POST', '/v2/public/blobs/uploads/'],
      ['DELETE', manifestPath('public', 'v1')],
      ['GET', '/v2/_catalog'],
      ['PATCH', '/acr/v1/public'],
    ] as const) {
      const answer = await client.send(method, path, { authorization: token });
      assert.equal(refusalOf(answer), '401 UNAUTHORIZED', `${method} ${path}`);
      assert.match(String(answer.headers['www-authenticate']), /error="insufficient_scope"/);
    }
  });

  it('that is malformed, forged or cut short opens nothing', async () => {
    const token = (await scene().client.bearer('repository:public:pull')).slice('Bearer '.length);
    const [head = '', claims = '', signature = ''] = token.split('.');
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const widened = Buffer.from(Buffer.from(claims, 'base64url').toString().replace('public', 'secret')).toString(
      'base64url',
    );
    for (const bad of [
      '',
      'x',
      'a.b.c',
      '..',
      `${none}.${claims}.`,
      `${head}.${widened}.${signature}`,
      `${head}.${claims}.${signature.slice(0, -4)}`,
      `${head}.${claims}`,
      `${token}.${signature}`,
      'x'.repeat(20_000),
    ])
      assert.equal(
        refusalOf(await get(manifestPath('public', 'v1'), `Bearer ${bad}`)),
        '401 UNAUTHORIZED',
        bad.slice(0, 60),
      );
    for (const authorization of ['Basic', 'Basic !!!', 'Basic OnB3', `Digest ${token}`, 'Bearer', ' '])
      assert.equal(refusalOf(await get('/v2/', authorization)), '401 UNAUTHORIZED', authorization);
    assert.equal((await get(manifestPath('public', 'v1'), `Bearer ${token}`)).status, 200);
  });

  it('of a password that is changed opens nothing from the next request on', async () => {
    const { seawall, client } = scene();
    const { basic } = client;
    const token = await client.bearer('repository:public:pull', basic);
    assert.equal((await get(manifestPath('public', 'v1'), token)).status, 200);
    await control('regenerateCredential', { name: 'password' });
    for (const old of [token, basic])
      assert.equal(refusalOf(await get(manifestPath('public', 'v1'), old)), '401 UNAUTHORIZED');
    await seawall.restart();
    assert.equal((await client.send('GET', '/v2/')).status, 200);
  });

  it('of a repository-scoped user reads what its scope map names, and mounts nothing else', async () => {
    const { client } = scene();
    const { layer } = await pushImage(client, 'secret', 'v1');
    const reader = await passwordOf('reader');
    assert.equal((await get(manifestPath('public', 'v1'), reader)).status, 200);
    assert.equal(refusalOf(await get(manifestPath('secret', 'v1'), reader)), '403 DENIED');
    const writer = await passwordOf('writer');
    const path = `/v2/mine/blobs/uploads/?mount=${layer.digest}&from=secret`;
    const answer = await client.send('POST', path, { authorization: writer });
    assert.equal(answer.status, 202, 'a source without leave to read becomes an upload');
    assert.equal((await client.send('HEAD', blobPath('mine', layer.digest))).status, 404);
  });

  /** Runs an action on the registry's credentials, as its owner. */
  async function control(action: string, body: object): Promise<Record<string, unknown>> {
    const { seawall } = scene();
    const { subscriptionId } = seawall.state;
    const group = `/subscriptions/${subscriptionId}/resourceGroups/seawall/providers/Microsoft.ContainerRegistry/registries`;
    const headers = { authorization: `Bearer ${await ownerToken(seawall)}`, 'content-type': 'application/json' };
    const path = `${group}/myregistry/${action}?api-version=2023-07-01`;
    const answer = await askControl(seawall, 'POST', path, { body: JSON.stringify(body), headers });
    assert.equal(answer.status, 200, answer.text);
    return answer.json();
  }

  /** `Authorization` of a repository-scoped token, by a password made now. */
  async function passwordOf(name: string): Promise<string> {
    const { passwords } = (await control('generateCredentials', { tokenId: `/tokens/${name}` })) as {
      passwords: readonly { value: string }[];
    };
    return `Basic ${Buffer.from(`${name}:${passwords[0]?.value}`).toString('base64')}`;
  }
});

describe('anonymous pull', () => {
  const scene = openScene({ registries: REGISTRIES });

  it('opens images to nobody in particular where it is on, and pushes nothing', async () => {
    using open = await RegistryClient.of(scene().seawall, 'openreg');
    const { manifest } = await pushImage(open, 'app', 'v1');
    const token = await open.bearer('repository:app:pull', '');
    for (const authorization of ['', token]) {
      const answer = await open.send('GET', manifestPath('app', 'v1'), { authorization });
      assert.ok(answer.body.equals(manifest.bytes));
      const push = await open.send('POST', '/v2/app/blobs/uploads/', { authorization });
      assert.equal(refusalOf(push), '401 UNAUTHORIZED');
    }
  });

  it('opens nothing where it is off', async () => {
    const { client } = scene();
    await pushImage(client, 'app', 'v1');
    assert.equal(
      refusalOf(await client.send('GET', manifestPath('app', 'v1'), { authorization: '' })),
      '401 UNAUTHORIZED',
    );
  });
});
