import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import {
  ContainerRegistryClient,
  type ContainerRegistryClientOptions,
  ContainerRegistryContentClient,
} from '@azure/container-registry';
import { digestOf, tarOf } from './image.ts';
import { type Scene, openScene } from './scene.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';

test("Microsoft's @azure/container-registry", async (t) => {
  await using scene = await openScene();
  const options = reaching(scene);
  const credential = { getToken: () => armToken(scene) };
  const registry = new ContainerRegistryClient(`https://${scene.host}`, credential, options);
  const content = new ContainerRegistryContentClient(`https://${scene.host}`, 'sdk/app', credential, options);
  const layer = tarOf('hello.txt', 'hello from the SDK');
  const config = Buffer.from('{"architecture":"amd64","os":"linux"}');
  const repository = registry.getRepository('sdk/app');
  let digest = '';

  await t.test('uploads blobs and a manifest', async () => {
    const blobs = [await content.uploadBlob(config), await content.uploadBlob(layer)] as const;
    assert.deepEqual(blobs[1], { digest: digestOf(layer), sizeInBytes: layer.length });
    const descriptor = (mediaType: string, { digest, sizeInBytes }: (typeof blobs)[number]) => ({
      mediaType,
      digest,
      size: sizeInBytes,
    });
    const manifest = {
      schemaVersion: 2 as const,
      mediaType: 'application/vnd.oci.image.manifest.v1+json' as const,
      config: descriptor('application/vnd.oci.image.config.v1+json', blobs[0]),
      layers: [descriptor('application/vnd.oci.image.layer.v1.tar', blobs[1])],
    };
    ({ digest } = await content.setManifest(manifest, { tag: 'v1' }));
    await content.setManifest(manifest, { tag: 'v2' });
  });

  await t.test('downloads a manifest and a blob, and is refused absent ones', async () => {
    assert.equal((await content.getManifest('v1')).digest, digest);
    const blob = await content.downloadBlob(digestOf(layer));
    assert.equal(digestOf(await text(blob.content)), digestOf(layer));
    await assert.rejects(content.getManifest('v3'), { statusCode: 404 });
    await assert.rejects(content.downloadBlob(digestOf('absent')), { statusCode: 404 });
  });

  await t.test('uploads a blob larger than one chunk of its own (4 MiB)', async () => {
    const large = Buffer.alloc(9 * 1024 * 1024, 'seawall');
    assert.equal((await content.uploadBlob(large)).digest, digestOf(large));
  });

  await t.test('lists repositories, manifests and tags', async () => {
    assert.deepEqual(await all(registry.listRepositoryNames()), ['sdk/app']);
    const manifests = await all(repository.listManifestProperties({ order: 'LastUpdatedOnDescending' }));
    assert.deepEqual(
      manifests.map((one) => [one.digest, one.architecture, one.tags]),
      [[digest, 'amd64', ['v1', 'v2']]],
    );
    const tags = await all(repository.getArtifact(digest).listTagProperties({ order: 'LastUpdatedOnAscending' }));
    assert.deepEqual(
      tags.map(({ name }) => name),
      ['v1', 'v2'],
    );
  });

  await t.test('pages through tags one by one', async () => {
    const pages = repository.getArtifact('v1').listTagProperties().byPage({ maxPageSize: 1 });
    assert.deepEqual(
      (await all(pages)).map((page) => page.length),
      [1, 1],
    );
  });

  await t.test('reads properties', async () => {
    const properties = await repository.getProperties();
    assert.deepEqual([properties.name, properties.manifestCount, properties.tagCount], ['sdk/app', 1, 2]);
    assert.equal((await repository.getArtifact('v1').getManifestProperties()).digest, digest);
    assert.equal((await repository.getArtifact('v1').getTagProperties('v1')).digest, digest);
  });

  await t.test('locks a tag, which can then not be deleted, and unlocks it', async () => {
    const artifact = repository.getArtifact('v2');
    assert.equal((await artifact.updateTagProperties('v2', { canDelete: false })).canDelete, false);
    await assert.rejects(artifact.deleteTag('v2'), { statusCode: 405 });
    await artifact.updateTagProperties('v2', { canDelete: true });
    await artifact.deleteTag('v2');
    await assert.rejects(artifact.getTagProperties('v2'), { statusCode: 404 });
  });

  await t.test('locks a manifest and a repository', async () => {
    assert.equal((await repository.getArtifact('v1').updateManifestProperties({ canWrite: false })).canWrite, false);
    await repository.getArtifact('v1').updateManifestProperties({ canWrite: true });
    assert.equal((await repository.updateProperties({ canDelete: false })).canDelete, false);
    await assert.rejects(repository.delete(), { statusCode: 405 });
    await repository.updateProperties({ canDelete: true });
  });

  await t.test('deletes a blob, a manifest and a repository', async () => {
    const blob = (await content.uploadBlob(Buffer.from('alone'))).digest;
    await content.deleteBlob(blob);
    await assert.rejects(content.downloadBlob(blob), { statusCode: 404 });
    await content.deleteManifest(digest);
    await assert.rejects(content.getManifest('v1'), { statusCode: 404 });
    await registry.deleteRepository('sdk/app');
    assert.deepEqual(await all(registry.listRepositoryNames()), []);
  });

  await t.test('reads without a credential where anonymous pull is on, and nowhere else', async () => {
    const index = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] });
    const authorization = `Basic ${Buffer.from(scene.anonymousCredentials).toString('base64')}`;
    const url = `https://${scene.anonymousHost}/v2/app/manifests/v1`;
    await send(scene, { method: 'PUT', url, body: index, headers: { authorization, 'content-type': INDEX } });
    const open = new ContainerRegistryClient(`https://${scene.anonymousHost}`, options);
    const read = await open.getArtifact('app', 'v1').getManifestProperties();
    assert.equal(read.digest, digestOf(index));
    await assert.rejects(open.getArtifact('app', 'v1').delete());
    const closed = new ContainerRegistryClient(`https://${scene.host}`, options);
    await assert.rejects(closed.getArtifact('app', 'v1').getManifestProperties());
  });
});

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  return Array.fromAsync(items);
}

/** Client options that resolve the registries' names to this machine and trust their CA, as a hosts file would. */
function reaching({ ca, state }: Scene): ContainerRegistryClientOptions & { audience: string } {
  const agent = agentFor(ca);
  const policy: NonNullable<ContainerRegistryClientOptions['additionalPolicies']>[number]['policy'] = {
    name: 'reach-seawall',
    sendRequest: (pipelineRequest, next) => next(Object.assign(pipelineRequest, { agent })),
  };
  return {
    audience: state.control,
    additionalPolicies: [{ policy, position: 'perCall' }],
    retryOptions: { maxRetries: 0 },
  };
}

function agentFor(ca: string): Agent {
  return new Agent({
    ca: readFileSync(ca),
    lookup: (_name, { all: every }, answer) =>
      every === true ? answer(null, [{ address: '127.0.0.1', family: 4 }]) : answer(null, '127.0.0.1', 4),
  });
}

/** A token for Azure Resource Manager from Seawall's own login authority, as azure-identity would ask for it. */
async function armToken(scene: Scene): Promise<{ token: string; expiresOnTimestamp: number }> {
  const { authority, control, tenantId, clientId, clientSecret = '' } = scene.state;
  const scope = `${control}/.default`;
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope };
  const said = await send(scene, {
    method: 'POST',
    url: `${authority}/${tenantId}/oauth2/v2.0/token`,
    body: String(new URLSearchParams(form)),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const { access_token: token, expires_in: seconds } = JSON.parse(said);
  return { token, expiresOnTimestamp: Date.now() + seconds * 1000 };
}

interface Message {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly headers: Record<string, string>;
}

/** Sends a request; answers the body, and throws it when the status is not of success. */
async function send({ ca }: Scene, { method, url, body, headers }: Message): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request(url, { method, headers, agent: agentFor(ca) }, (response) => {
    text(response).then(
      (said) => ((response.statusCode ?? 500) < 300 ? resolve(said) : reject(new Error(said))),
      reject,
    );
  })
    .on('error', reject)
    .end(body);
  return promise;
}
