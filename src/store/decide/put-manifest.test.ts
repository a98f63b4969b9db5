import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keyOf, sha256, tagOf } from '../contract/sample.ts';
import type { Attributes } from '../port.ts';
import { UNLOCKED } from './lock.ts';
import { decidePutManifest, type PutManifestFacts } from './put-manifest.ts';

const NAME = keyOf('team/app').name;
const THIS = sha256('this');
const OTHER = sha256('other');
const V1 = tagOf('v1');
const V2 = tagOf('v2');
const READ_ONLY: Attributes = { ...UNLOCKED, writeEnabled: false };
const UNDELETABLE: Attributes = { ...UNLOCKED, deleteEnabled: false };
const EMPTY: PutManifestFacts = { tags: new Map(), missing: [], condemned: [] };
const REPOSITORY_LOCKED = { kind: 'locked', what: 'repository', name: NAME };

function tags(digest: typeof THIS, attributes = UNLOCKED): Pick<PutManifestFacts, 'tags'> {
  return { tags: new Map([[V1, { digest, attributes }]]) };
}

type Row = readonly [sentence: string, facts: PutManifestFacts, decision: unknown];

const ROWS: readonly Row[] = [
  [
    'a first push makes the manifest and its tags',
    EMPTY,
    { kind: 'store', manifest: 'create', createTags: [V1, V2], pointTags: [], pardon: [] },
  ],
  ['a locked repository takes nothing', { ...EMPTY, repository: READ_ONLY }, REPOSITORY_LOCKED],
  [
    'a locked repository takes not even what it has',
    { ...EMPTY, repository: READ_ONLY, manifest: UNLOCKED },
    REPOSITORY_LOCKED,
  ],
  [
    'a repository that only forbids deleting takes a push',
    { ...EMPTY, repository: UNDELETABLE },
    { kind: 'store', manifest: 'create', createTags: [V1, V2], pointTags: [], pardon: [] },
  ],
  [
    'a tag is moved',
    { ...EMPTY, ...tags(OTHER), repository: UNLOCKED },
    { kind: 'store', manifest: 'create', createTags: [V2], pointTags: [V1], pardon: [] },
  ],
  [
    'a tag that may not be deleted is moved: that is a write',
    { ...EMPTY, ...tags(OTHER, UNDELETABLE), repository: UNLOCKED },
    { kind: 'store', manifest: 'create', createTags: [V2], pointTags: [V1], pardon: [] },
  ],
  [
    'a locked tag is not moved, and nothing else of the push is done',
    { ...EMPTY, ...tags(OTHER, READ_ONLY), repository: UNLOCKED },
    { kind: 'locked', what: 'tag', name: V1 },
  ],
  [
    'a locked tag that names this manifest is left as it is',
    { ...EMPTY, ...tags(THIS, READ_ONLY), repository: UNLOCKED, manifest: UNLOCKED },
    { kind: 'store', manifest: 'touch', createTags: [V2], pointTags: [], pardon: [] },
  ],
  [
    'a locked manifest is pushed again under a new tag, and left as it is',
    { ...EMPTY, repository: UNLOCKED, manifest: READ_ONLY },
    { kind: 'store', manifest: 'leave', createTags: [V1, V2], pointTags: [], pardon: [] },
  ],
  [
    'a manifest whose content is absent is refused',
    { ...EMPTY, missing: [OTHER] },
    { kind: 'references-unknown', digests: [OTHER] },
  ],
  ['a lock is told before what is missing', { ...EMPTY, repository: READ_ONLY, missing: [OTHER] }, REPOSITORY_LOCKED],
];

describe('whether a manifest is stored', () => {
  const request = { repository: NAME, digest: THIS, tags: [V1, V2], allowSparse: false };
  for (const [sentence, facts, decision] of ROWS)
    it(sentence, () => assert.deepEqual(decidePutManifest(facts, request), decision));

  it('takes a tag that is named twice once', () => {
    const decision = decidePutManifest(EMPTY, { ...request, tags: [V1, V1] });
    assert.deepEqual(decision, { kind: 'store', manifest: 'create', createTags: [V1], pointTags: [], pardon: [] });
  });

  it('stores a sparse manifest whose content is absent', () => {
    const decision = decidePutManifest({ ...EMPTY, missing: [OTHER] }, { ...request, allowSparse: true });
    assert.equal(decision.kind, 'store');
  });
});
