import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Answer, jsonOf, type RegistryClient, refusalOf } from './client.ts';
import { content, digestOf, imageOf, manifestPath, pushBlob, pushImage, pushManifest } from './push.ts';
import { openScene } from './scene.ts';

/** The target of the `Link` header; absent on the last page. */
function nextOf({ headers }: Answer): string | undefined {
  return /^<([^>]+)>; rel="next"$/.exec(String(headers['link'] ?? ''))?.[1];
}

/** Follows `Link` to the end; answers each page as `entries` makes of it. */
async function pages<T>(
  client: RegistryClient,
  path: string,
  entries: (answer: Answer) => readonly T[],
): Promise<(readonly T[])[]> {
  const found: (readonly T[])[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const answer = await client.send('GET', next);
    assert.equal(answer.status, 200, answer.body.toString());
    found.push(entries(answer));
    next = nextOf(answer);
  }
  return found;
}

const tagsOf = (answer: Answer) => jsonOf<{ tags: string[] }>(answer).tags;
const repositoriesOf = (answer: Answer) => jsonOf<{ repositories: string[] }>(answer).repositories;

describe('the list of tags', () => {
  const scene = openScene();
  const TAGS = ['1', '10', '2', 'A', '_', 'a', 'b', 'latest', 'v1'];
  before(async () => {
    const { manifest } = await pushImage(scene().client, 'app', 'latest');
    for (const tag of TAGS.toReversed()) await pushManifest(scene().client, 'app', tag, manifest);
  });

  it('has all of them in byte order', async () => {
    const answer = await scene().client.send('GET', '/v2/app/tags/list');
    assert.deepEqual(jsonOf(answer), { name: 'app', tags: TAGS });
    assert.equal(answer.headers['link'], undefined);
  });

  for (const n of [1, 2, 4, 9, 10])
    it(`in pages of ${n} has each of them once`, async () => {
      const found = await pages(scene().client, `/v2/app/tags/list?n=${n}`, tagsOf);
      assert.deepEqual(found.flat(), TAGS);
      assert.ok(found.every((page) => page.length <= n && page.length > 0));
    });

  it('begins behind last, which need not exist', async () => {
    const { client } = scene();
    const behind = async (last: string) => tagsOf(await client.send('GET', `/v2/app/tags/list?last=${last}`));
    assert.deepEqual(await behind('b'), ['latest', 'v1']);
    assert.deepEqual(await behind('bb'), ['latest', 'v1']);
    assert.deepEqual(await behind('zz'), []);
    assert.deepEqual(await behind('%27%3B--%25_'), TAGS);
  });

  it('of n=0 is empty and leads nowhere', async () => {
    const answer = await scene().client.send('GET', '/v2/app/tags/list?n=0');
    assert.deepEqual([tagsOf(answer), nextOf(answer)], [[], undefined]);
  });

  it('stands still for a client while tags come and go', async () => {
    const { client } = scene();
    const { manifest } = await pushImage(client, 'moving', 'b');
    for (const tag of ['c', 'd']) await pushManifest(client, 'moving', tag, manifest);
    const first = await client.send('GET', '/v2/moving/tags/list?n=2');
    await client.send('DELETE', manifestPath('moving', 'c'));
    await pushManifest(client, 'moving', 'a', manifest);
    assert.deepEqual(tagsOf(await client.send('GET', nextOf(first) ?? '')), ['d']);
  });
});

describe('the catalog', () => {
  const scene = openScene();
  const NAMES = ['a', 'a-b', 'a.b', 'a/b', 'a/b/c', 'a0', 'b'];
  before(async () => {
    for (const name of NAMES.toReversed()) await pushImage(scene().client, name, 'v1');
  });

  for (const path of ['/v2/_catalog', '/acr/v1/_catalog'])
    it(`at ${path} has every repository once, in pages too`, async () => {
      const { client } = scene();
      assert.deepEqual(repositoriesOf(await client.send('GET', path)), NAMES);
      for (const n of [1, 3, 7])
        assert.deepEqual((await pages(client, `${path}?n=${n}`, repositoriesOf)).flat(), NAMES);
      assert.match(String((await client.send('GET', `${path}?n=1`)).headers['link']), new RegExp(`^<${path}\\?`));
    });

  it('has no repository of which only an upload was begun', async () => {
    const { client } = scene();
    await client.send('POST', '/v2/begun/blobs/uploads/');
    assert.deepEqual(repositoriesOf(await client.send('GET', '/v2/_catalog')), NAMES);
  });
});

describe('the list of referrers', () => {
  const scene = openScene();
  const subject = imageOf().manifest;
  const types = ['application/x.sbom', 'application/x.signature'];
  interface Entry {
    readonly digest: string;
    readonly artifactType: string;
    readonly annotations?: object;
  }
  const entriesOf = (answer: Answer) => jsonOf<{ manifests: Entry[] }>(answer).manifests;
  const path = `/v2/app/referrers/${subject.digest}`;
  before(async () => {
    await pushImage(scene().client, 'app', 'v1');
    for (let i = 0; i < 6; i++)
      await pushImage(scene().client, 'app', `ref-${i}`, {
        artifactType: types[i % 2] ?? '',
        subject: subject.descriptor,
        annotations: { n: String(i) },
      });
  });

  it('is an index of what refers, with its artifact type and annotations', async () => {
    const answer = await scene().client.send('GET', path);
    assert.equal(answer.headers['content-type'], 'application/vnd.oci.image.index.v1+json');
    const { schemaVersion, mediaType } = jsonOf<{ schemaVersion: number; mediaType: string }>(answer);
    assert.deepEqual([schemaVersion, mediaType], [2, answer.headers['content-type']]);
    const entries = entriesOf(answer);
    assert.equal(entries.length, 6);
    assert.deepEqual(
      entries.map(({ annotations }) => JSON.stringify(annotations)).toSorted(),
      [0, 1, 2, 3, 4, 5].map((n) => `{"n":"${n}"}`),
    );
  });

  it('is narrowed to a type, and says so', async () => {
    const answer = await scene().client.send('GET', `${path}?artifactType=${encodeURIComponent(types[0] ?? '')}`);
    assert.deepEqual(
      entriesOf(answer).map(({ artifactType }) => artifactType),
      Array(3).fill(types[0]),
    );
    assert.equal(answer.headers['oci-filters-applied'], 'artifactType');
    assert.deepEqual(entriesOf(await scene().client.send('GET', `${path}?artifactType=none`)), []);
  });

  it('in pages has each once, narrowed or not', async () => {
    const { client } = scene();
    const digests = (answer: Answer) => entriesOf(answer).map(({ digest }) => digest);
    const all = digests(await client.send('GET', path));
    assert.deepEqual((await pages(client, `${path}?n=4`, digests)).flat(), all);
    const filter = `artifactType=${encodeURIComponent(types[1] ?? '')}`;
    const found = await pages(client, `${path}?n=2&${filter}`, digests);
    assert.deepEqual(
      found.map((page) => page.length),
      [2, 1],
    );
  });

  it('of what nothing refers to, or of what is not there, is empty', async () => {
    for (const digest of [imageOf({ layer: 'x' }).manifest.digest, digestOf('absent')])
      assert.deepEqual(entriesOf(await scene().client.send('GET', `/v2/app/referrers/${digest}`)), []);
  });

  it('of another repository is its own', async () => {
    assert.deepEqual(entriesOf(await scene().client.send('GET', path.replace('app', 'other'))), []);
  });

  it('loses what is deleted', async () => {
    const { client } = scene();
    const [first] = entriesOf(await client.send('GET', path));
    await client.send('DELETE', manifestPath('app', first?.digest ?? ''));
    assert.equal(entriesOf(await client.send('GET', path)).length, 5);
  });
});

describe('a mount', () => {
  const scene = openScene();
  const BLOB = content('to be mounted');
  const mount = (to: string, query: string, authorization?: string) =>
    scene().client.send(
      'POST',
      `/v2/${to}/blobs/uploads/?${query}`,
      authorization === undefined ? {} : { authorization },
    );
  const has = async (repository: string) =>
    (await scene().client.send('HEAD', `/v2/${repository}/blobs/${BLOB.digest}`)).status === 200;
  before(() => pushBlob(scene().client, 'source', BLOB));

  it('links a blob of another repository', async () => {
    const answer = await mount('target', `mount=${BLOB.digest}&from=source`);
    assert.deepEqual([answer.status, answer.headers.location], [201, `/v2/target/blobs/${BLOB.digest}`]);
    assert.ok(await has('target'));
  });

  for (const [what, query] of [
    ['a blob that the source has not', `mount=${digestOf('absent')}&from=source`],
    ['a source that is not there', `mount=${BLOB.digest}&from=nowhere`],
    ['a source that is no name', `mount=${BLOB.digest}&from=..%2Fsource`],
    ['no source', `mount=${BLOB.digest}`],
  ] as const)
    it(`of ${what} becomes an upload`, async () => {
      const answer = await mount('fallback', query);
      assert.equal(answer.status, 202);
      assert.equal(await has('fallback'), false);
      const put = await scene().client.send('PUT', `${String(answer.headers.location)}?digest=${digestOf('own')}`, {
        body: 'own',
      });
      assert.equal(put.status, 201);
    });

  it('of a digest that is none is refused', async () => {
    assert.equal(refusalOf(await mount('target', 'mount=sha256:x&from=source')), '400 DIGEST_INVALID');
  });

  it('from a source that the token leaves out is told to ask for it, and links nothing', async () => {
    const { client } = scene();
    const token = await client.bearer('repository:narrow:pull,push');
    const answer = await mount('narrow', `mount=${BLOB.digest}&from=source`, token);
    assert.equal(refusalOf(answer), '401 UNAUTHORIZED');
    assert.match(
      String(answer.headers['www-authenticate']),
      /scope="repository:narrow:pull,push repository:source:pull"/,
    );
    assert.equal(await has('narrow'), false);
    const both = await client.bearer('repository:narrow:pull,push repository:source:pull');
    assert.equal((await mount('narrow', `mount=${BLOB.digest}&from=source`, both)).status, 201);
  });

  it('into a repository that the token leaves out is refused', async () => {
    const token = await scene().client.bearer('repository:source:pull,push');
    assert.equal(refusalOf(await mount('outside', `mount=${BLOB.digest}&from=source`, token)), '401 UNAUTHORIZED');
    assert.equal(await has('outside'), false);
  });
});
