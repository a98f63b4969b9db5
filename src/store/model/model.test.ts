import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { keyOf, sha256, tagOf, toPut } from '../contract/sample.ts';
import type { Locator, ManifestToPut, MetadataStore, UploadId } from '../port.ts';
import { openMetadata } from '../sqlite/metadata.ts';
import {
  type Artifact,
  beginPass,
  collectLink,
  commitBytes,
  deleteManifest,
  deleteRepository,
  deleteTag,
  EMPTY_WORLD,
  emptyTrash,
  endUpload,
  linkBlob,
  linkFacts,
  markDamaged,
  mountBlob,
  putManifest,
  type Repo,
  retireManifest,
  SHIPPED,
  shows,
  startUpload,
  unlinkBlob,
  type World,
} from './world.fixture.ts';

const REPOS: readonly Repo[] = ['A', 'B'];
const BLOBS = ['x', 'y'];
const ARTIFACTS: readonly Artifact[] = [
  { name: 'm', blobs: ['x'], manifests: [] },
  { name: 'n', blobs: ['x', 'y'], manifests: [] },
  { name: 'i', blobs: [], manifests: ['m'] },
];
const KEYS = { A: keyOf('a'), B: keyOf('b') } as const;

const repo = fc.constantFrom(...REPOS);
const blob = fc.constantFrom(...BLOBS);
const artifact = fc.constantFrom(...ARTIFACTS);
const STEP = fc.oneof(
  fc.record({ kind: fc.constant('link' as const), repo, blob }),
  fc.record({ kind: fc.constant('mount' as const), repo, blob }),
  fc.record({ kind: fc.constant('put' as const), repo, artifact, tagged: fc.boolean() }),
  fc.record({ kind: fc.constant('delete-manifest' as const), repo, artifact }),
  fc.record({ kind: fc.constant('retire' as const), repo, artifact }),
  fc.record({ kind: fc.constant('delete-tag' as const), repo, artifact }),
  fc.record({ kind: fc.constant('delete-repository' as const), repo }),
  fc.record({ kind: fc.constant('unlink' as const), repo, blob }),
  fc.record({ kind: fc.constant('session' as const), repo, open: fc.boolean() }),
  fc.record({ kind: fc.constant('pass' as const), repo, busy: fc.boolean() }),
  fc.record({ kind: fc.constant('damage' as const), blob }),
  fc.record({ kind: fc.constant('empty' as const) }),
);
type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;

const tagFor = (one: Artifact): string => `t-${one.name}`;

function putOf(at: Repo, one: Artifact, tagged = false): ManifestToPut {
  const tags = tagged ? [tagFor(one)] : [];
  const rest = { tags, allowSparse: false, annotations: { name: one.name } };
  if (one.manifests.length > 0)
    return toPut(KEYS[at], { ...rest, manifests: ARTIFACTS.slice(0, 1).map((child) => putOf(at, child).digest) });
  const [config = '', ...layers] = one.blobs;
  return toPut(KEYS[at], { ...rest, config: sha256(config), layers: layers.map((layer) => sha256(layer)) });
}

/** The step in the model. */
function inModel(world: World, step: Step): World {
  switch (step.kind) {
    case 'link': {
      const made = commitBytes(world, step.blob);
      return linkBlob(SHIPPED, made.world, { ...step, locator: made.locator, upload: '' });
    }
    case 'mount': {
      const from = step.repo === 'A' ? 'B' : 'A';
      return mountBlob(SHIPPED, world, { from, to: step.repo, blob: step.blob }) ?? world;
    }
    case 'put':
      return putManifest(SHIPPED, world, step) ?? world;
    case 'delete-manifest':
      return deleteManifest(SHIPPED, world, step.repo, step.artifact.name);
    case 'retire':
      return retireManifest(SHIPPED, world, step.repo, step.artifact.name);
    case 'delete-tag':
      return deleteTag(world, step.repo, step.artifact.name);
    case 'delete-repository':
      return deleteRepository(SHIPPED, world, step.repo);
    case 'unlink':
      return unlinkBlob(SHIPPED, world, step.repo, step.blob);
    case 'session':
      return step.open ? startUpload(world, `s-${step.repo}`, step.repo) : endUpload(world, `s-${step.repo}`);
    case 'pass': {
      const begun = beginPass(world);
      return BLOBS.reduce(
        (next, one) => collectLink(SHIPPED, next, { repo: step.repo, blob: one, pass: begun.pass, busy: step.busy }),
        begun,
      );
    }
    case 'damage':
      return markDamaged(world, step.blob, world.blobs[step.blob]?.locator ?? '');
    case 'empty':
      return world.trash.reduce(emptyTrash, world);
  }
}

/** The same step in the store. */
async function inStore(store: MetadataStore, world: World, step: Step): Promise<unknown> {
  const key = 'repo' in step ? KEYS[step.repo] : KEYS.A;
  switch (step.kind) {
    case 'link': {
      const { blob: text } = step;
      const link = { repository: key, digest: sha256(text), size: 1, locator: `l${world.made}` as Locator };
      return store.linkBlob({ ...link, upload: 'none' as UploadId, nowMs: 0 });
    }
    case 'mount':
      return store.mountBlob(KEYS[step.repo === 'A' ? 'B' : 'A'], key, sha256(step.blob), 0);
    case 'put':
      return store.putManifest({ ...putOf(step.repo, step.artifact, step.tagged), nowMs: 0 });
    case 'delete-manifest':
      return store.deleteManifest(key, putOf(step.repo, step.artifact).digest, 0);
    case 'retire':
      return store.retireManifest(key, putOf(step.repo, step.artifact).digest, { beforeMs: 1, nowMs: 0 });
    case 'delete-tag':
      return store.deleteTag(key, tagOf(tagFor(step.artifact)), 0);
    case 'delete-repository':
      return store.deleteRepository(key, 1);
    case 'unlink':
      return store.unlinkBlob(key, sha256(step.blob));
    case 'session': {
      const id = `s-${step.repo}` as UploadId;
      await store.endUpload(id);
      return step.open ? store.startUpload({ id, repository: key, algorithm: 'sha256', startedMs: 0 }) : undefined;
    }
    case 'pass': {
      const pass = await store.beginPass();
      return store.collectLinks({ repository: key, digests: BLOBS.map((one) => sha256(one)), pass, busy: step.busy });
    }
    case 'damage':
      return store.markDamaged(sha256(step.blob), (world.blobs[step.blob]?.locator ?? 'none') as Locator);
    case 'empty':
      return store.emptyTrash(await store.trash(100));
  }
}

async function compare(store: MetadataStore, world: World): Promise<void> {
  const { links } = await store.links(undefined, 100);
  for (const at of REPOS) {
    for (const text of BLOBS) {
      assert.equal((await store.blob(KEYS[at], sha256(text)))?.locator, shows(world, at, text), `${at}:${text}`);
      const found = links.find((link) => link.repository.name === KEYS[at].name && link.digest === sha256(text));
      const { named, held, condemned } = found ?? {};
      const seen = found && { named, held, ...(condemned === undefined ? {} : { condemned }) };
      assert.deepEqual(seen, linkFacts(world, at, text), `${at}:${text}`);
    }
    for (const one of ARTIFACTS) {
      const record = await store.manifestRecord(KEYS[at], putOf(at, one).digest);
      const expected = world.manifests[`${at}:${one.name}`];
      assert.equal(record !== undefined, expected !== undefined, `${at}:${one.name}`);
      if (expected !== undefined) assert.equal(record?.tags.length, expected.tagged ? 1 : 0, `${at}:${one.name}`);
    }
    assert.equal((await store.repository(KEYS[at])) !== undefined, world.repositories.includes(at), at);
  }
  // A repository's blobs are condemned at once, in whichever order.
  assert.deepEqual((await store.trash(100)).toSorted(), world.trash.toSorted());
  assert.equal(await store.pass(), world.pass);
}

describe('the model that the search goes through', () => {
  it('does what the SQLite adapter does, after any steps', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-model-'));
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 5, maxLength: 40 }), async (steps) => {
        const path = join(folder.path, `content-${runs++}.db`);
        await using store = await openMetadata({ path, onFatal: (error) => assert.fail(error) });
        let world = EMPTY_WORLD;
        for (const step of steps) {
          await inStore(store, world, step);
          world = inModel(world, step);
          await compare(store, world);
        }
      }),
      { numRuns: 15 },
    );
  });
});
