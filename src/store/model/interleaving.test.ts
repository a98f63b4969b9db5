import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  abandoned,
  collector,
  deleter,
  mounter,
  type Process,
  pusher,
  reader,
  retention,
  sweeper,
} from './process.fixture.ts';
import { type Found, search, type Search } from './search.fixture.ts';
import {
  type Artifact,
  commitBytes,
  EMPTY_WORLD,
  linkBlob,
  putManifest,
  type Repo,
  type Rules,
  SHIPPED,
  type World,
} from './world.fixture.ts';

const M: Artifact = { name: 'm', blobs: ['x'], manifests: [] };
const N: Artifact = { name: 'n', blobs: ['x'], manifests: [] };
const TWO: Artifact = { name: 'two', blobs: ['x', 'y'], manifests: [] };
const INDEX: Artifact = { name: 'index', blobs: [], manifests: ['m'] };

/** A world in which some manifests were pushed to the end. */
function pushed(...pushes: readonly (readonly [Repo, Artifact, tagged?: boolean])[]): World {
  let world = EMPTY_WORLD;
  for (const [repo, artifact, tagged = true] of pushes) {
    for (const blob of artifact.blobs) {
      const made = commitBytes(world, blob);
      world = linkBlob(SHIPPED, made.world, { repo, blob, locator: made.locator, upload: '' });
    }
    const next = putManifest(SHIPPED, world, { repo, artifact, tagged });
    assert.ok(next);
    world = next;
  }
  for (const locator of world.trash) world = { ...world, files: without(world.files, locator) };
  return { ...world, trash: [] };
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> {
  const { [name]: _, ...rest } = record;
  return rest;
}

/** A blob that was pushed and that nothing names. */
function leftOver(repo: Repo, blob: string): World {
  const made = commitBytes(EMPTY_WORLD, blob);
  return linkBlob(SHIPPED, made.world, { repo, blob, locator: made.locator, upload: '' });
}

function searched(asked: Omit<Search, 'rules'>, rules: Partial<Rules> = {}): Found {
  return search({ rules: { ...SHIPPED, ...rules }, ...asked });
}

function holds(asked: Omit<Search, 'rules'>): Found {
  const found = searched(asked);
  assert.equal(found.violation, undefined);
  return found;
}

const GC: readonly Process[] = [collector(2), sweeper(2)];

const ROWS: readonly (readonly [sentence: string, asked: Omit<Search, 'rules'>])[] = [
  ['a first push by a session', { world: EMPTY_WORLD, processes: [pusher('p', 'A', M), ...GC, reader('A', 'x')] }],
  [
    'a push that finds its blob left over from another',
    { world: leftOver('A', 'x'), processes: [pusher('p', 'A', M), ...GC, reader('A', 'x')] },
  ],
  [
    'two pushes of the same blob to two repositories',
    { world: EMPTY_WORLD, processes: [pusher('p', 'A', M), pusher('q', 'B', N), ...GC] },
  ],
  [
    'two pushes of the same blob to one repository, one of them in a single request',
    { world: EMPTY_WORLD, processes: [pusher('p', 'A', M), pusher('q', 'A', N, { session: false }), ...GC] },
  ],
  ['a push of two blobs', { world: EMPTY_WORLD, processes: [pusher('p', 'A', TWO), collector(3), sweeper(1)] }],
  [
    'a push while the manifest that named its blob is deleted',
    {
      world: pushed(['A', M]),
      processes: [pusher('p', 'A', N), deleter('manifest', 'A', 'm'), ...GC, reader('A', 'x')],
    },
  ],
  [
    'a push while its repository is deleted',
    {
      world: pushed(['A', M]),
      processes: [pusher('p', 'A', N, { taken: true }), deleter('repository', 'A'), ...GC, reader('A', 'x')],
    },
  ],
  [
    'a push while its blob is unlinked by another client',
    {
      world: pushed(['A', M]),
      processes: [pusher('p', 'A', N, { taken: true }), deleter('blob', 'A', 'x'), ...GC],
      mayUnlink: true,
    },
  ],
  [
    'a mount while the manifest at its source is deleted',
    {
      world: pushed(['A', M]),
      processes: [mounter('A', 'B', N), deleter('manifest', 'A', 'm'), ...GC, reader('B', 'x')],
    },
  ],
  [
    'a mount while its source is deleted',
    { world: pushed(['A', M]), processes: [mounter('A', 'B', N), deleter('repository', 'A'), ...GC, reader('A', 'x')] },
  ],
  [
    'an upload that was abandoned beside a push',
    { world: leftOver('A', 'x'), processes: [pusher('p', 'A', M), abandoned('A'), ...GC] },
  ],
  [
    'a retention policy beside the push of an index and the loss of a tag',
    {
      world: pushed(['A', M]),
      processes: [pusher('p', 'A', INDEX), deleter('tag', 'A', 'm'), retention('A'), ...GC],
    },
  ],
  [
    'two sweeps at once',
    {
      world: pushed(['A', M]),
      processes: [deleter('repository', 'A'), pusher('p', 'A', M, { taken: true }), sweeper(2), sweeper(2)],
    },
  ],
];

const CRASHES: readonly (readonly [sentence: string, asked: Omit<Search, 'rules'>])[] = [
  ['a push', { world: EMPTY_WORLD, processes: [pusher('p', 'A', M), collector(2), sweeper(1)], crash: true }],
  [
    'a push beside a deletion',
    {
      world: pushed(['A', M]),
      processes: [pusher('p', 'A', N), deleter('manifest', 'A', 'm'), collector(2), sweeper(1)],
      crash: true,
    },
  ],
  [
    'a mount beside the deletion of its source',
    { world: pushed(['A', M]), processes: [mounter('A', 'B', N), deleter('repository', 'A'), ...GC], crash: true },
  ],
];

describe('in every interleaving of the collection and the sweep with', () => {
  for (const [sentence, asked] of ROWS)
    it(`${sentence}, nothing that is named is lost, nothing dangles, and all garbage goes in the end`, (test) => {
      test.diagnostic(`${holds(asked).states} states`);
    });
});

describe('with a crash at any moment of', () => {
  for (const [sentence, asked] of CRASHES)
    it(`${sentence}, the same holds`, (test) => {
      test.diagnostic(`${holds(asked).states} states`);
    });
});

describe('known losses of others', () => {
  it('distribution #4939: a blob that two live images share stays, whichever of them is deleted meanwhile', () => {
    const asked = {
      world: pushed(['A', M], ['A', N]),
      processes: [deleter('manifest', 'A', 'm'), ...GC, reader('A', 'x')],
    };
    assert.deepEqual([...(holds(asked).ends.at(-1) ?? [])], ['read']);
    // Marks made before the sweep, and believed by it.
    const stale = { decideLink: (_: unknown, pass: number) => (pass === 2 ? 'unlink' : 'keep') } as Partial<Rules>;
    assert.match(searched(asked, stale).violation ?? '', /its blob x is not/);
  });

  it('distribution #4461: what a tagged index names stays, and what that names', () => {
    const world = pushed(['A', M, false], ['A', INDEX]);
    const asked = { world, processes: [retention('A'), ...GC, reader('A', 'x')] };
    assert.deepEqual([...(holds(asked).ends.at(-1) ?? [])], ['read']);
    const untagged: Partial<Rules> = { decideRetire: (facts) => facts?.tagged === false };
    assert.match(searched(asked, untagged).violation ?? '', /names m, which is gone/);
  });

  it('Harbor #23116: a push that takes longer than any number of passes loses nothing that it holds', () => {
    const held = { ...leftOver('A', 'x'), uploads: { 'long push': 'A' } as const };
    const asked = { world: held, processes: [collector(4), sweeper(2), reader('A', 'x')] };
    assert.deepEqual([...(holds(asked).ends.at(-1) ?? [])], ['read']);
    const timer = {
      decideLink: ({ named }: { named: boolean }, pass: number) => (!named && pass > 1 ? 'unlink' : 'keep'),
    };
    assert.ok(
      searched(asked, timer as Partial<Rules>)
        .ends.at(-1)
        ?.has('absent'),
    );
  });

  it('zot #4201: bytes that two repositories share stay when the one that brought them goes', () => {
    const asked = {
      world: pushed(['A', M], ['B', N]),
      processes: [deleter('repository', 'A'), ...GC, reader('B', 'x')],
    };
    assert.deepEqual([...(holds(asked).ends.at(-1) ?? [])], ['read']);
    assert.match(
      searched(asked, { decideRelease: () => 'condemn' }).violation ?? '',
      /leads nowhere|its blob x is not/,
    );
  });
});

describe('the search finds what is wrong with', () => {
  const faults: readonly (readonly [string, Omit<Search, 'rules'>, Partial<Rules>, RegExp])[] = [
    [
      'a collection that takes at first sight',
      { world: EMPTY_WORLD, processes: [pusher('p', 'A', M), ...GC] },
      { decideLink: ({ named, held }) => (named || held ? 'keep' : 'unlink') },
      /was promised its blobs in pass (\d) was refused in \1/,
    ],
    [
      'a collection that forgets what manifests name',
      { world: pushed(['A', M]), processes: [...GC] },
      { decideLink: (facts, pass) => SHIPPED.decideLink({ ...facts, named: false }, pass) },
      /its blob x is not/,
    ],
    [
      'a manifest that takes nothing back',
      { world: leftOver('A', 'x'), processes: [pusher('p', 'A', M), ...GC] },
      {
        decidePutManifest: (facts, request) => {
          const changes = SHIPPED.decidePutManifest(facts, request);
          return changes.kind === 'store' ? { ...changes, pardon: [] } : changes;
        },
      },
      /its blob x is not/,
    ],
    [
      'a manifest that is stored without its blobs',
      { world: pushed(['A', M]), processes: [pusher('p', 'A', N, { taken: true }), deleter('repository', 'A')] },
      { decidePutManifest: (facts, request) => SHIPPED.decidePutManifest({ ...facts, missing: [] }, request) },
      /its blob x is not/,
    ],
    [
      'bytes that are never condemned',
      { world: pushed(['A', M]), processes: [deleter('repository', 'A')] },
      { decideRelease: () => 'keep' },
      /nothing links x/,
    ],
    [
      'a session that holds for ever',
      { world: leftOver('A', 'x'), processes: [...GC] },
      { decideLink: (facts, pass) => SHIPPED.decideLink({ ...facts, held: true }, pass) },
      /is never collected/,
    ],
    [
      'a retention policy that believes what it saw',
      { world: pushed(['A', M, false]), processes: [pusher('p', 'A', INDEX), retention('A')] },
      { decideRetire: (facts) => facts !== undefined },
      /names m, which is gone/,
    ],
  ];
  for (const [sentence, asked, rules, expected] of faults)
    it(sentence, () => {
      assert.match(searched(asked, rules).violation ?? 'nothing', expected);
    });
});
