import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { ListOrder, MetadataStore, Page, PageRequest, RegistryUid } from '../port.ts';
import type { OpenMetadata } from './opened.ts';
import { keyOf, REGISTRY, referenceOf, sha256, tagOf, toPut } from './sample.ts';

const APP = keyOf('team/app');

/** Byte order: capitals before `_` before small letters, a prefix before what it begins. */
const NAMES = ['0', '10', '2', 'A', 'Z', '_', 'a', 'a-', 'a.', 'a0', 'aA', 'a_', 'aa', 'b', 'v1', 'v10', 'v2', 'zz'];

/** Lists: their order, their pages, and what may be seen in them. */
export function listCases(open: OpenMetadata): void {
  it('lists tags in the order of their bytes', async () => {
    await using opened = await open();
    await opened.store.putManifest(toPut(APP, { tags: NAMES.toReversed() }));
    assert.deepEqual(await tagNames(opened.store, { limit: 100 }, 'name'), NAMES);
  });

  it('walks every tag once in order, whatever the size of the pages', async () => {
    await using opened = await open();
    await putTimedTags(opened.store);
    const byTime = NAMES.toSorted((a, b) => timeOf(a) - timeOf(b) || (a < b ? -1 : 1));
    const expected = { name: NAMES, timeasc: byTime, timedesc: byTime.toReversed() };
    for (const order of ['name', 'timeasc', 'timedesc'] as const)
      for (const limit of [1, 2, 5, NAMES.length, 100]) {
        const walked = await walk((page) => tagPage(opened.store, page, order), limit);
        assert.deepEqual(walked, expected[order], `${order}, ${limit} at a time`);
      }
  });

  it('walks on by name though the last entry was deleted, missing nothing and repeating nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 }),
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.nat(NAMES.length - 1)),
        async (names, limit, deletions) => {
          await using opened = await open();
          await opened.store.putManifest(toPut(APP, { tags: names }));
          const deleted = new Set<string>();
          const pending = [...deletions];
          const walked = await walk(async (page) => {
            const items = await tagPage(opened.store, page, 'name');
            const victim = NAMES[pending.pop() ?? 0] ?? '';
            for (const name of [victim, items.items.at(-1) ?? victim]) {
              await opened.store.deleteTag(APP, tagOf(name), 2);
              deleted.add(name);
            }
            return items;
          }, limit);
          assert.deepEqual(walked, walked.toSorted(), 'in order');
          assert.equal(new Set(walked).size, walked.length, 'none twice');
          assert.deepEqual(
            names.filter((name) => !walked.includes(name) && !deleted.has(name)),
            [],
            'none missed',
          );
        },
      ),
      { numRuns: 8 },
    );
  });

  it('starts again by time when the last entry is gone: whoever deletes what was shown gets the rest', async () => {
    await using opened = await open();
    await putTimedTags(opened.store);
    const seen = await walk(async (page) => {
      const found = await tagPage(opened.store, page, 'timeasc');
      for (const name of found.items) await opened.store.deleteTag(APP, tagOf(name), 99);
      return found;
    }, 4);
    assert.deepEqual(seen.toSorted(), NAMES);
  });

  it('asks for none and learns whether there are any', async () => {
    await using opened = await open();
    await opened.store.putManifest(toPut(APP, { tags: ['v1'] }));
    assert.deepEqual(await opened.store.tags(APP, { limit: 0 }, 'name'), { items: [], more: true });
    assert.deepEqual(await opened.store.tags(APP, { limit: 0, last: 'v1' }, 'name'), { items: [], more: false });
  });

  it('lists the tags of one manifest alone', async () => {
    await using opened = await open();
    const put = toPut(APP, { tags: ['b', 'a', 'c'], nowMs: 1 });
    await opened.store.putManifest(put);
    await opened.store.putManifest(toPut(APP, { tags: ['aa'], annotations: { n: '2' } }));
    for (const order of ['name', 'timeasc', 'timedesc'] as const) {
      const page = await opened.store.tags(APP, { limit: 2 }, order, put.digest);
      const expected = order === 'timedesc' ? ['c', 'b'] : ['a', 'b'];
      assert.deepEqual([page?.items.map((item) => item.tag), page?.more], [expected, true], order);
    }
    const absent = await opened.store.tags(APP, { limit: 2 }, 'name', sha256('absent'));
    assert.deepEqual(absent, { items: [], more: false });
  });

  it('tells an unknown repository from an empty one', async () => {
    await using opened = await open();
    assert.equal(await opened.store.tags(APP, { limit: 2 }, 'name'), undefined);
    assert.equal(await opened.store.manifests(APP, { limit: 2 }, 'name'), undefined);
    await opened.store.putManifest(toPut(APP, {}));
    assert.deepEqual(await opened.store.tags(APP, { limit: 2 }, 'name'), { items: [], more: false });
  });

  it('walks manifests by digest and by time', async () => {
    await using opened = await open();
    const puts = ['3', '1', '2'].map((n) => toPut(APP, { annotations: { n }, nowMs: Number(n) }));
    for (const put of puts) await opened.store.putManifest(put);
    const byTime = puts.toSorted((a, b) => a.nowMs - b.nowMs).map((put) => put.digest);
    const expected = { name: byTime.toSorted(), timeasc: byTime, timedesc: byTime.toReversed() };
    for (const order of ['name', 'timeasc', 'timedesc'] as const) {
      const next = async (page: PageRequest) => {
        const found = await opened.store.manifests(APP, page, order);
        return { items: (found?.items ?? []).map((item) => item.digest), more: found?.more ?? false };
      };
      assert.deepEqual(await walk(next, 2), expected[order], order);
    }
  });

  it('walks the repositories of one registry by name', async () => {
    await using opened = await open();
    const names = ['a', 'a-b', 'a/b', 'a0', 'b', 'team/app'];
    for (const name of names.toReversed()) await opened.store.putManifest(toPut(keyOf(name), {}));
    await opened.store.putManifest(toPut(keyOf('aa', 'registry-2' as RegistryUid), {}));
    for (const limit of [1, 4, 10])
      assert.deepEqual(await walk((page) => opened.store.repositories(REGISTRY, page), limit), names);
    const none = await opened.store.repositories('registry-3' as RegistryUid, { limit: 5 });
    assert.deepEqual(none, { items: [], more: false });
  });

  it('hides what may not be listed, and still serves it', async () => {
    await using opened = await open();
    const { store } = opened;
    const put = toPut(APP, { tags: ['hidden', 'shown'] });
    await store.putManifest(put);
    await store.updateTag(APP, tagOf('hidden'), { listEnabled: false });
    assert.deepEqual(await tagNames(store, { limit: 9 }, 'name'), ['shown']);
    assert.deepEqual(await tagNames(store, { limit: 9 }, 'timedesc'), ['shown']);
    assert.deepEqual((await store.manifests(APP, { limit: 9 }, 'name'))?.items[0]?.tags, ['shown']);
    assert.notEqual(await store.manifest(APP, referenceOf('hidden')), undefined);
    await store.updateManifest(APP, put.digest, { listEnabled: false });
    assert.deepEqual((await store.manifests(APP, { limit: 9 }, 'timeasc'))?.items, []);
    await store.updateRepository(APP, { listEnabled: false }, 2);
    assert.deepEqual((await store.repositories(REGISTRY, { limit: 9 })).items, []);
    assert.notEqual(await store.repository(APP), undefined);
  });
}

/** Several tags share a time, so that their names must decide. */
function timeOf(name: string): number {
  return 10 + ((NAMES.indexOf(name) * 7) % 5);
}

async function putTimedTags(store: MetadataStore): Promise<void> {
  for (const name of NAMES) await store.putManifest(toPut(APP, { tags: [name], nowMs: timeOf(name) }));
}

async function tagPage(store: MetadataStore, page: PageRequest, order: ListOrder): Promise<Page<string>> {
  const found = await store.tags(APP, page, order);
  return { items: (found?.items ?? []).map((item) => item.tag), more: found?.more ?? false };
}

async function tagNames(store: MetadataStore, page: PageRequest, order: ListOrder): Promise<readonly string[]> {
  return (await tagPage(store, page, order)).items;
}

async function walk(next: (page: PageRequest) => Promise<Page<string>>, limit: number): Promise<string[]> {
  const walked: string[] = [];
  for (let page: PageRequest = { limit }; ; ) {
    const { items, more } = await next(page);
    walked.push(...items);
    const last = items.at(-1);
    if (!more || last === undefined) return walked;
    page = { limit, last };
  }
}
