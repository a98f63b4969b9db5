import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { MetadataStore } from '../port.ts';
import type { OpenMetadata } from './opened.ts';
import { keyOf, REGISTRY, referenceOf, sha256, tagOf, toPut } from './sample.ts';

const APP = keyOf('team/app');
const TAGS = ['a', 'b', 'c'].map(tagOf);
const IMAGES = ['1', '2', '3'].map((n) => toPut(APP, { annotations: { n } }));

/** What a repository holds, said as simply as can be: which manifests, and which of them each tag names. */
interface Model {
  readonly manifests: Set<string>;
  readonly tags: Map<string, string>;
  readonly locked: Set<string>;
}

type Step =
  | { readonly kind: 'put'; readonly image: number; readonly tags: readonly number[] }
  | { readonly kind: 'delete-tag'; readonly tag: number }
  | { readonly kind: 'delete-manifest'; readonly image: number }
  | { readonly kind: 'lock-tag'; readonly tag: number; readonly locked: boolean };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), image: fc.nat(2), tags: fc.uniqueArray(fc.nat(2)) }),
  fc.record({ kind: fc.constant('delete-tag' as const), tag: fc.nat(2) }),
  fc.record({ kind: fc.constant('delete-manifest' as const), image: fc.nat(2) }),
  fc.record({ kind: fc.constant('lock-tag' as const), tag: fc.nat(2), locked: fc.boolean() }),
);

/** Any sequence of changes leaves what the model says, with reads in between that may be answered from memory. */
export function modelCases(open: OpenMetadata): void {
  it('holds what a model holds after any puts, deletes and locks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 1, maxLength: 25 }), async (steps) => {
        await using opened = await open();
        const model: Model = { manifests: new Set(), tags: new Map(), locked: new Set() };
        for (const step of steps) {
          assert.equal(await apply(opened.store, step), predict(model, step), JSON.stringify(step));
          await compare(opened.store, model);
        }
        await compare(await opened.reopen(), model);
      }),
      { numRuns: 12 },
    );
  });
}

/** Changes the model; answers whether the change is allowed and finds something. */
function predict(model: Model, step: Step): boolean {
  switch (step.kind) {
    case 'put': {
      const digest = imageAt(step.image).digest;
      const names = step.tags.map(tagAt);
      if (names.some((name) => model.locked.has(name) && model.tags.get(name) !== digest)) return false;
      model.manifests.add(digest);
      for (const name of names) model.tags.set(name, digest);
      return true;
    }
    case 'delete-tag': {
      const name = tagAt(step.tag);
      return !model.locked.has(name) && model.tags.delete(name);
    }
    case 'delete-manifest': {
      const { digest } = imageAt(step.image);
      const names = [...model.tags].filter(([, named]) => named === digest).map(([name]) => name);
      if (names.some((name) => model.locked.has(name)) || !model.manifests.delete(digest)) return false;
      for (const name of names) model.tags.delete(name);
      return true;
    }
    case 'lock-tag': {
      const name = tagAt(step.tag);
      if (!model.tags.has(name)) return false;
      if (step.locked) model.locked.add(name);
      else model.locked.delete(name);
      return true;
    }
  }
}

async function apply(store: MetadataStore, step: Step): Promise<boolean> {
  switch (step.kind) {
    case 'put':
      return (await store.putManifest({ ...imageAt(step.image), tags: step.tags.map(tagAt) })).kind === 'stored';
    case 'delete-tag':
      return (await store.deleteTag(APP, tagAt(step.tag), 2)).kind === 'deleted';
    case 'delete-manifest':
      return (await store.deleteManifest(APP, imageAt(step.image).digest, 2)).kind === 'deleted';
    case 'lock-tag':
      return (await store.updateTag(APP, tagAt(step.tag), { writeEnabled: !step.locked })).kind === 'updated';
  }
}

async function compare(store: MetadataStore, model: Model): Promise<void> {
  for (const image of IMAGES) {
    const served = await store.manifest(APP, referenceOf(image.digest));
    assert.equal(served !== undefined, model.manifests.has(image.digest));
    if (served !== undefined) assert.equal(sha256(served.content), image.digest);
  }
  for (const tag of TAGS) assert.equal((await store.manifest(APP, referenceOf(tag)))?.digest, model.tags.get(tag));
  const listed = (await store.tags(APP, { limit: 10 }, 'name'))?.items ?? [];
  assert.deepEqual(
    listed.map((item) => [item.tag, item.digest]),
    [...model.tags].toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  const { manifests, tags } = await store.usage(REGISTRY);
  assert.deepEqual([manifests, tags], [model.manifests.size, model.tags.size]);
  const repository = await store.repository(APP);
  assert.deepEqual([repository?.manifestCount ?? 0, repository?.tagCount ?? 0], [manifests, tags]);
}

function imageAt(index: number) {
  const image = IMAGES[index];
  assert.ok(image);
  return image;
}

function tagAt(index: number) {
  const tag = TAGS[index];
  assert.ok(tag);
  return tag;
}
