import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { type ControlAnswer, tokenOf } from '../../src/testkit/control-client.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { RegistryClient } from '../registry/client.ts';
import { type Content, content, manifestPath, pushImage, pushManifest } from '../registry/push.ts';
import { type Arm, armOf, codeOf } from './arm.ts';

interface Status {
  readonly status: string;
  readonly error?: { readonly code: string; readonly message: string };
}

interface Principal {
  readonly clientId: string;
  readonly objectId: string;
  readonly secret: string;
}

describe('an import', () => {
  let origin: TestSeawall;
  let seawall: TestSeawall;
  let arm: Arm;
  let client: RegistryClient;
  let index: Content;
  const idOf = (name: string): string =>
    `${arm.subscription}/resourceGroups/seawall/providers/Microsoft.ContainerRegistry/registries/${name}`;
  before(async () => {
    // Another server, by a name that every system resolves.
    origin = await startSeawall({ settings: { publicHost: 'localhost' } });
    using source = await RegistryClient.of(origin, 'myregistry', 'localhost');
    const images = [
      await pushImage(source, 'team/app', 'amd'),
      await pushImage(source, 'team/app', 'arm', { layer: 'b' }),
    ];
    const manifests = images.map(({ manifest }) => manifest.descriptor);
    index = content(
      JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests }),
      MEDIA_TYPE.ociIndex,
    );
    await pushManifest(source, 'team/app', 'v1', index);
    seawall = await startSeawall({
      registries: [
        { name: 'myregistry', adminUserEnabled: true },
        { name: 'second', adminUserEnabled: true },
      ],
      settings: { outboundAllow: 'localhost', outboundCa: origin.ca },
    });
    arm = await armOf(seawall);
    client = await RegistryClient.of(seawall, 'myregistry');
  });
  after(async () => {
    client[Symbol.dispose]();
    await seawall.close();
    await origin.close();
  });

  const begin = (body: object, registry = 'myregistry'): ReturnType<Arm['ask']> =>
    arm.ask('POST', `${idOf(registry)}/importImage`, body);
  const ended = async (answer: ControlAnswer): Promise<Status> => {
    assert.equal(answer.status, 202, answer.text);
    assert.equal(answer.headers['retry-after'], '1');
    const path = new URL(String(answer.headers['azure-asyncoperation'])).pathname;
    for (;;) {
      const status = (await arm.must('GET', path)) as unknown as Status;
      if (status.status !== 'InProgress') return status;
    }
  };
  const outside = (sourceImage: string, password = origin.admin('myregistry').password): object => ({
    registryUri: `localhost:${origin.port}`,
    sourceImage,
    credentials: { username: 'myregistry', password },
  });
  const digestIn = async (registry: RegistryClient, repository: string, reference: string): Promise<unknown> =>
    (await registry.send('HEAD', manifestPath(repository, reference))).headers['docker-content-digest'];

  it('brings an image of several platforms from outside, whole and byte for byte', async () => {
    const answer = await begin({ source: outside('team/app:v1'), targetTags: ['copy/app:one'] });
    assert.deepEqual((await ended(answer)).status, 'Succeeded');
    const got = await client.send('GET', manifestPath('copy/app', 'one'));
    assert.deepEqual(got.body, index.bytes);
    const { manifests } = JSON.parse(index.bytes.toString()) as {
      readonly manifests: readonly { readonly digest: string }[];
    };
    for (const { digest } of manifests) assert.equal(await digestIn(client, 'copy/app', digest), digest);
    const location = new URL(String(answer.headers['location']));
    assert.equal((await arm.ask('GET', location.pathname)).status, 200);
  });

  it('keeps the name at its source where no other is given, and leaves a tag that is there unless forced', async () => {
    assert.equal((await ended(await begin({ source: outside('team/app:v1') }))).status, 'Succeeded');
    assert.equal(await digestIn(client, 'team/app', 'v1'), index.digest);
    const again = await begin({ source: outside('team/app:amd'), targetTags: ['team/app:v1'] });
    assert.deepEqual([again.status, codeOf(again)], [409, 'Conflict']);
    assert.match(again.text, /team\/app:v1 already exists/);
    const forced = await begin({ source: outside('team/app:amd'), targetTags: ['team/app:v1'], mode: 'Force' });
    assert.equal((await ended(forced)).status, 'Succeeded');
    assert.notEqual(await digestIn(client, 'team/app', 'v1'), index.digest);
  });

  const FAILURES: readonly (readonly [string, () => object, string, RegExp])[] = [
    ['an image that is not there', () => outside('team/none:v1'), 'SourceImageNotFound', /team\/none:v1/],
    ['a wrong password', () => outside('team/app:v1', 'wrong'), 'SourceRefused', /--password/],
    [
      'a registry that the operator has not listed',
      () => ({ registryUri: `127.0.0.1:${origin.port}`, sourceImage: 'team/app:v1' }),
      'SourceUnreachable',
      /127\.0\.0\.1.*outboundAllow/,
    ],
  ];
  for (const [name, source, code, message] of FAILURES)
    it(`from ${name} fails and says so`, async () => {
      const answer = await begin({ source: source(), targetTags: ['failed/app:v1'] });
      const { status, error } = await ended(answer);
      assert.deepEqual([status, error?.code], ['Failed', code]);
      assert.match(error?.message ?? '', message);
      const result = await arm.ask('GET', new URL(String(answer.headers['location'])).pathname);
      assert.deepEqual([result.status, codeOf(result)], [400, 'ImportImageFailed']);
      assert.equal(await digestIn(client, 'failed/app', 'v1'), undefined);
    });

  const REFUSED: readonly (readonly [string, () => object, string])[] = [
    ['no source', () => ({}), 'source'],
    ['two sources', () => ({ source: { ...outside('a:b'), resourceId: idOf('second') } }), 'source'],
    ['an image that is none', () => ({ source: outside('Team/App:v1') }), 'source.sourceImage'],
    ['a target that is none', () => ({ source: outside('team/app:v1'), targetTags: ['a@b'] }), 'targetTags[0]'],
    ['an unknown mode', () => ({ source: outside('team/app:v1'), mode: 'Perhaps' }), 'mode'],
    ['an unknown member', () => ({ source: outside('team/app:v1'), colour: 1 }), 'colour'],
    [
      'a registry that is not there',
      () => ({ source: { resourceId: idOf('nobody'), sourceImage: 'a:b' } }),
      'source.resourceId',
    ],
  ];
  for (const [name, body, target] of REFUSED)
    it(`with ${name} is refused at once`, async () => {
      const answer = await begin(body());
      const { error } = answer.json() as { readonly error: { readonly target: string } };
      assert.deepEqual([answer.status, codeOf(answer), error.target], [400, 'InvalidRequestContent', target]);
    });

  it('goes from one registry of the server to another, for who may pull there and for nobody else', async () => {
    await pushImage(client, 'shared/app', 'v1');
    using second = await RegistryClient.of(seawall, 'second');
    const body = { source: { resourceId: idOf('myregistry'), sourceImage: 'shared/app:v1' } };
    const principal = (await arm.must(
      'POST',
      '/seawall/principals',
      { displayName: 'importer' },
      { apiVersion: '' },
    )) as unknown as Principal;
    const contributor = `${arm.subscription}/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c`;
    const assignment = `${idOf('second')}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-000000000001`;
    await arm.must('PUT', assignment, {
      properties: { roleDefinitionId: contributor, principalId: principal.objectId },
    });
    const importer = await armOf(seawall, await tokenOf(seawall, principal));
    const refused = await importer.ask('POST', `${idOf('second')}/importImage`, body);
    assert.deepEqual([refused.status, codeOf(refused)], [403, 'LinkedAuthorizationFailed']);
    assert.equal((await ended(await begin(body, 'second'))).status, 'Succeeded');
    assert.equal(await digestIn(second, 'shared/app', 'v1'), await digestIn(client, 'shared/app', 'v1'));
  });

  it('that the end of the server cuts short is begun again by the next one', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const source = { registryUri: `localhost:${port}`, sourceImage: 'team/app:v1' };
    const answer = await begin({ source, targetTags: ['resumed/app:v1'] });
    await once(silent, 'connection');
    const again = Promise.withResolvers<Socket>();
    silent.once('connection', again.resolve);
    await seawall.restart();
    arm = await armOf(seawall);
    const socket = await again.promise;
    const path = new URL(String(answer.headers['azure-asyncoperation'])).pathname;
    assert.equal((await arm.must('GET', path))['status'], 'InProgress');
    silent.close();
    socket.destroy();
    const { error } = await ended(answer);
    assert.equal(error?.code, 'SourceUnreachable');
  });
});
