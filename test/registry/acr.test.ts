import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { type Answer, jsonOf, refusalOf } from './client.ts';
import { blobPath, content, imageOf, manifestPath, pushBlob, pushImage, pushManifest } from './push.ts';
import { openScene } from './scene.ts';

const IMAGE = imageOf();
const UNLOCKED = { deleteEnabled: true, writeEnabled: true, listEnabled: true, readEnabled: true };

/** The attributes of an image, a tag or a repository as `/acr/v1` shows them. */
interface Shown {
  readonly changeableAttributes?: object;
  readonly tag?: Shown;
  readonly manifest?: Shown;
}

function attributesOf(answer: Answer): object | undefined {
  const shown = jsonOf<Shown>(answer);
  return (shown.tag ?? shown.manifest ?? shown).changeableAttributes;
}

describe('the locks of /acr/v1', () => {
  const scene = openScene();
  const repository = '/acr/v1/app';
  const tag = '/acr/v1/app/_tags/v1';
  const manifest = `/acr/v1/app/_manifests/${IMAGE.manifest.digest}`;

  async function patch(path: string, change: object): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    return scene().client.send('PATCH', path, { body: JSON.stringify(change), headers });
  }

  beforeEach(async () => {
    for (const path of [repository, tag, manifest]) await patch(path, UNLOCKED);
    await pushImage(scene().client, 'app', 'v1');
  });

  const put = () => {
    const headers = { 'content-type': MEDIA_TYPE.ociManifest };
    return scene().client.send('PUT', manifestPath('app', 'v1'), { body: IMAGE.manifest.bytes, headers });
  };
  const putOther = async () => {
    const other = imageOf({ annotations: { other: 'yes' } }).manifest;
    const headers = { 'content-type': MEDIA_TYPE.ociManifest };
    return scene().client.send('PUT', manifestPath('app', 'v1'), { body: other.bytes, headers });
  };
  const send = (method: string, path: string) => () => scene().client.send(method, path);
  const pull = send('GET', manifestPath('app', 'v1'));
  const pullDigest = send('GET', manifestPath('app', IMAGE.manifest.digest));
  const pullBlob = send('GET', blobPath('app', IMAGE.layer.digest));
  const begin = send('POST', '/v2/app/blobs/uploads/');
  const untag = send('DELETE', tag);
  const untagByOci = send('DELETE', manifestPath('app', 'v1'));
  const remove = send('DELETE', manifestPath('app', IMAGE.manifest.digest));
  const removeBlob = send('DELETE', blobPath('app', IMAGE.layer.digest));
  const removeAll = send('DELETE', repository);

  const LOCKED = '405 UNSUPPORTED';

  /** What is locked how, what is tried, and what comes of it. */
  const ROWS: readonly (readonly [string, string, object, () => Promise<Answer>, string])[] = [
    ['a tag that may not be written is not moved', tag, { writeEnabled: false }, putOther, LOCKED],
    ['a tag that may not be written is pulled', tag, { writeEnabled: false }, pull, '200'],
    ['a tag that may not be written is not deleted', tag, { writeEnabled: false }, untag, LOCKED],
    ['a tag that may not be deleted is not deleted', tag, { deleteEnabled: false }, untag, LOCKED],
    ['a tag that may not be deleted is not deleted by OCI', tag, { deleteEnabled: false }, untagByOci, LOCKED],
    ['a tag that may not be deleted keeps its manifest', tag, { deleteEnabled: false }, remove, LOCKED],
    ['a tag that may not be deleted keeps its repository', tag, { deleteEnabled: false }, removeAll, LOCKED],
    ['a tag that may not be deleted is moved', tag, { deleteEnabled: false }, putOther, '201'],
    ['a tag that may not be read is not pulled', tag, { readEnabled: false }, pull, LOCKED],
    ['a tag that may not be read leaves its manifest to be pulled', tag, { readEnabled: false }, pullDigest, '200'],
    ['a manifest that may not be read is not pulled', manifest, { readEnabled: false }, pullDigest, LOCKED],
    ['a manifest that may not be read is not pulled by a tag', manifest, { readEnabled: false }, pull, LOCKED],
    ['a manifest that may not be deleted is not deleted', manifest, { deleteEnabled: false }, remove, LOCKED],
    ['a manifest that may not be deleted keeps its layers', manifest, { deleteEnabled: false }, removeBlob, LOCKED],
    ['a manifest that may not be deleted keeps its repository', manifest, { deleteEnabled: false }, removeAll, LOCKED],
    ['a manifest that may not be deleted loses a tag', manifest, { deleteEnabled: false }, untag, '202'],
    ['a repository that may not be written takes no upload', repository, { writeEnabled: false }, begin, LOCKED],
    ['a repository that may not be written takes no manifest', repository, { writeEnabled: false }, put, LOCKED],
    ['a repository that may not be written loses no tag', repository, { writeEnabled: false }, untag, LOCKED],
    ['a repository that may not be written loses no layer', repository, { writeEnabled: false }, removeBlob, LOCKED],
    ['a repository that may not be written is pulled from', repository, { writeEnabled: false }, pull, '200'],
    ['a repository that may not be deleted stays', repository, { deleteEnabled: false }, removeAll, LOCKED],
    ['a repository that may not be deleted keeps its images', repository, { deleteEnabled: false }, remove, LOCKED],
    ['a repository that may not be deleted is pushed to', repository, { deleteEnabled: false }, put, '201'],
    ['a repository that may not be read gives no manifest', repository, { readEnabled: false }, pull, LOCKED],
    ['a repository that may not be read gives no layer', repository, { readEnabled: false }, pullBlob, LOCKED],
    ['a repository that may not be read is pushed to', repository, { readEnabled: false }, begin, '202'],
  ];

  for (const [sentence, path, change, attempt, expected] of ROWS)
    it(sentence, async () => {
      const locked = await patch(path, change);
      assert.deepEqual(attributesOf(locked), { ...UNLOCKED, ...change });
      const answer = await attempt();
      assert.equal(answer.status < 300 ? String(answer.status) : refusalOf(answer), expected, answer.body.toString());
    });

  it('do nothing any more once they are taken off', async () => {
    for (const path of [repository, tag, manifest]) {
      await patch(path, { deleteEnabled: false, writeEnabled: false, readEnabled: false });
      await patch(path, UNLOCKED);
      assert.deepEqual(attributesOf(await scene().client.send('GET', path)), UNLOCKED);
    }
    assert.equal((await put()).status, 201);
    assert.equal((await pull()).status, 200);
    assert.equal((await removeAll()).status, 202);
  });

  it('survive a restart', async () => {
    await patch(tag, { writeEnabled: false });
    await scene().seawall.restart();
    assert.deepEqual(attributesOf(await scene().client.send('GET', tag)), { ...UNLOCKED, writeEnabled: false });
    assert.equal(refusalOf(await putOther()), LOCKED);
  });

  it('hide from lists what may not be listed, and from nothing else', async () => {
    const { client } = scene();
    await patch(tag, { listEnabled: false });
    assert.deepEqual(jsonOf(await client.send('GET', '/v2/app/tags/list')), { name: 'app', tags: [] });
    assert.equal((await pull()).status, 200);
    await patch(repository, { listEnabled: false });
    assert.deepEqual(jsonOf(await client.send('GET', '/v2/_catalog')), { repositories: [] });
    assert.equal((await client.send('GET', repository)).status, 200);
  });
});

describe('what /acr/v1 says', () => {
  const scene = openScene();

  it('of a repository, a tag and a manifest is what was pushed', async () => {
    const { client } = scene();
    await pushImage(client, 'team/app', 'v1');
    await pushManifest(client, 'team/app', 'v2', IMAGE.manifest);
    const get = async <T>(path: string) => jsonOf<T>(await client.send('GET', path));
    const { createdTime, lastUpdateTime, ...shown } = await get<Record<string, unknown>>('/acr/v1/team%2Fapp');
    assert.ok(String(createdTime) <= String(lastUpdateTime));
    const registry = client.serverName;
    const common = { registry, imageName: 'team/app' };
    assert.deepEqual(shown, { ...common, manifestCount: 1, tagCount: 2, changeableAttributes: UNLOCKED });
    const { tag, ...ofTag } = await get<{ tag: Record<string, unknown> }>('/acr/v1/team/app/_tags/v2');
    assert.deepEqual(ofTag, common);
    assert.deepEqual([tag['name'], tag['digest'], tag['signed']], ['v2', IMAGE.manifest.digest, false]);
    const { manifests } = await get<{ manifests: Record<string, unknown>[] }>('/acr/v1/team/app/_manifests');
    const [entry = {}] = manifests;
    assert.deepEqual(
      [entry['digest'], entry['architecture'], entry['os'], entry['tags'], entry['imageSize'], entry['mediaType']],
      [
        IMAGE.manifest.digest,
        'arm64',
        'linux',
        ['v1', 'v2'],
        IMAGE.config.bytes.length + IMAGE.layer.bytes.length,
        MEDIA_TYPE.ociManifest,
      ],
    );
  });

  it('of an index names what it lists', async () => {
    const { client } = scene();
    const { manifest } = await pushImage(client, 'multi', 'v1');
    const manifests = [{ ...manifest.descriptor, platform: { os: 'linux', architecture: 'arm64' } }];
    const index = content(
      JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests }),
      MEDIA_TYPE.ociIndex,
    );
    await pushManifest(client, 'multi', 'all', index);
    const answer = await client.send('GET', `/acr/v1/multi/_manifests/${index.digest}`);
    const { references } = jsonOf<{ manifest: { references: unknown } }>(answer).manifest;
    assert.deepEqual(references, [{ digest: manifest.digest, os: 'linux', architecture: 'arm64' }]);
  });

  it('comes in pages, in the order asked for, of one manifest where asked', async () => {
    const { client } = scene();
    const { manifest } = await pushImage(client, 'ordered', 'b');
    for (const name of ['c', 'a']) await pushManifest(client, 'ordered', name, manifest);
    const other = await pushImage(client, 'ordered', 'd', { annotations: { other: 'yes' } });
    const tags = async (query: string) => {
      const found: string[] = [];
      for (let next: string | undefined = `/acr/v1/ordered/_tags?${query}`; next !== undefined; ) {
        const answer: Answer = await client.send('GET', next);
        found.push(...jsonOf<{ tags: { name: string }[] }>(answer).tags.map(({ name }) => name));
        next = /^<([^>]+)>/.exec(String(answer.headers['link'] ?? ''))?.[1];
      }
      return found.join('');
    };
    assert.deepEqual([await tags(''), await tags('n=1'), await tags('n=3')], ['abcd', 'abcd', 'abcd']);
    const ascending = await tags('orderby=timeasc');
    assert.equal(ascending.at(0), 'b');
    for (const n of [1, 2]) assert.equal(await tags(`orderby=timeasc&n=${n}`), ascending);
    assert.equal(await tags('orderby=timedesc&n=1'), ascending.split('').toReversed().join(''));
    assert.equal(await tags(`digest=${other.manifest.digest}`), 'd');
    assert.equal(await tags(`digest=${manifest.digest}&n=1`), 'abc');
  });

  it('of a repository that is deleted is what went, and then nothing', async () => {
    const { client } = scene();
    const { manifest, layer } = await pushImage(client, 'doomed', 'v1');
    await pushImage(client, 'spared', 'v1');
    const answer = await client.send('DELETE', '/acr/v1/doomed');
    assert.equal(answer.status, 202);
    assert.deepEqual(jsonOf(answer), { manifestsDeleted: [manifest.digest], tagsDeleted: ['v1'] });
    for (const path of [
      manifestPath('doomed', 'v1'),
      manifestPath('doomed', manifest.digest),
      blobPath('doomed', layer.digest),
    ])
      assert.equal((await client.send('GET', path)).status, 404);
    assert.equal(refusalOf(await client.send('GET', '/v2/doomed/tags/list')), '404 NAME_UNKNOWN');
    assert.equal(refusalOf(await client.send('DELETE', '/acr/v1/doomed')), '404 NAME_UNKNOWN');
    assert.equal((await client.send('GET', blobPath('spared', layer.digest))).status, 200);
  });

  it('of a repository made again is nothing of the one before', async () => {
    const { client } = scene();
    const { manifest } = await pushImage(client, 'again', 'v1');
    await client.send('PATCH', '/acr/v1/again', { body: '{"listEnabled":false}' });
    await client.send('DELETE', '/acr/v1/again');
    await pushBlob(client, 'again', IMAGE.layer);
    assert.equal(refusalOf(await client.send('GET', manifestPath('again', manifest.digest))), '404 MANIFEST_UNKNOWN');
    assert.deepEqual(attributesOf(await client.send('GET', '/acr/v1/again')), UNLOCKED);
  });
});
