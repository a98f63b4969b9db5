import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keyOf, sha256, tagOf } from '../contract/sample.ts';
import type { Attributes, Locked } from '../port.ts';
import { decideDeleteManifest, decideDeleteRepository, decideDeleteTag, type ManifestFacts } from './delete.ts';
import { UNLOCKED } from './lock.ts';

const NAME = keyOf('team/app').name;
const DIGEST = sha256('m');
const V1 = tagOf('v1');
const V2 = tagOf('v2');
const READ_ONLY: Attributes = { ...UNLOCKED, writeEnabled: false };
const UNDELETABLE: Attributes = { ...UNLOCKED, deleteEnabled: false };
const HIDDEN: Attributes = { ...UNLOCKED, listEnabled: false, readEnabled: false };
const LOCKED: Locked = { kind: 'locked', what: 'repository', name: NAME };
const TAG_LOCKED: Locked = { kind: 'locked', what: 'tag', name: V2 };
const MANIFEST_LOCKED: Locked = { kind: 'locked', what: 'manifest', name: DIGEST };

function manifest(attributes: Attributes, second = UNLOCKED): ManifestFacts {
  return {
    digest: DIGEST,
    attributes,
    tags: [
      { name: V1, attributes: UNLOCKED },
      { name: V2, attributes: second },
    ],
  };
}

const ALL = { kind: 'deleted', manifests: [DIGEST], tags: [V1, V2] };

const MANIFEST_ROWS: readonly [string, Attributes | undefined, ManifestFacts | undefined, unknown][] = [
  ['goes with its tags', UNLOCKED, manifest(UNLOCKED), ALL],
  ['goes though it is hidden', UNLOCKED, manifest(HIDDEN, HIDDEN), ALL],
  ['stays when it may not be deleted', UNLOCKED, manifest(UNDELETABLE), MANIFEST_LOCKED],
  ['stays when it may not be changed', UNLOCKED, manifest(READ_ONLY), MANIFEST_LOCKED],
  ['stays when one of its tags may not be deleted', UNLOCKED, manifest(UNLOCKED, UNDELETABLE), TAG_LOCKED],
  ['stays when one of its tags may not be changed', UNLOCKED, manifest(UNLOCKED, READ_ONLY), TAG_LOCKED],
  ['stays when its repository may not be deleted from', UNDELETABLE, manifest(UNLOCKED), LOCKED],
  ['stays when its repository is locked', READ_ONLY, manifest(UNLOCKED), LOCKED],
  ['is unknown when it is absent', UNLOCKED, undefined, { kind: 'manifest-unknown' }],
  ['is in no repository that is absent', undefined, undefined, { kind: 'repository-unknown' }],
];

const TAG_ROWS: readonly [string, Attributes | undefined, Attributes | undefined, unknown][] = [
  ['goes alone', UNLOCKED, UNLOCKED, { kind: 'deleted', manifests: [], tags: [V2] }],
  ['stays when it may not be deleted', UNLOCKED, UNDELETABLE, TAG_LOCKED],
  ['stays when it may not be changed', UNLOCKED, READ_ONLY, TAG_LOCKED],
  ['stays when its repository may not be deleted from', UNDELETABLE, UNLOCKED, LOCKED],
  ['is unknown when it is absent', UNLOCKED, undefined, { kind: 'manifest-unknown' }],
  ['is in no repository that is absent', undefined, undefined, { kind: 'repository-unknown' }],
];

const REPOSITORY_ROWS: readonly [string, Attributes | undefined, Locked | undefined, unknown][] = [
  ['goes', UNLOCKED, undefined, { kind: 'delete' }],
  ['stays when it may not be deleted', UNDELETABLE, undefined, LOCKED],
  ['stays when it may not be changed', READ_ONLY, undefined, LOCKED],
  ['stays when something in it is locked', UNLOCKED, TAG_LOCKED, TAG_LOCKED],
  ['is unknown when it is absent', undefined, undefined, { kind: 'repository-unknown' }],
];

const repositoryOf = (attributes: Attributes | undefined) => ({ name: NAME, ...(attributes && { attributes }) });

describe('whether a manifest is deleted: it', () => {
  for (const [sentence, repository, facts, decision] of MANIFEST_ROWS)
    it(sentence, () => assert.deepEqual(decideDeleteManifest(repositoryOf(repository), facts), decision));
});

describe('whether a tag is deleted: it', () => {
  for (const [sentence, repository, attributes, decision] of TAG_ROWS)
    it(sentence, () => {
      const tag = attributes && { name: V2, attributes };
      assert.deepEqual(decideDeleteTag(repositoryOf(repository), tag), decision);
    });
});

describe('whether a repository is deleted: it', () => {
  for (const [sentence, repository, within, decision] of REPOSITORY_ROWS)
    it(sentence, () => assert.deepEqual(decideDeleteRepository(repositoryOf(repository), within), decision));
});
