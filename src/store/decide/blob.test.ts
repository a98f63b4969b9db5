import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keyOf, sha256 } from '../contract/sample.ts';
import type { Attributes, Locator } from '../port.ts';
import { decideLinkBlob, decideMountBlob, decideUnlinkBlob, type UnlinkBlobFacts } from './blob.ts';
import { UNLOCKED } from './lock.ts';

const NAME = keyOf('team/app').name;
const NEW = 'new' as Locator;
const OLD = 'old' as Locator;
const GOOD = { locator: OLD, damaged: false };
const READ_ONLY: Attributes = { ...UNLOCKED, writeEnabled: false };
const UNDELETABLE: Attributes = { ...UNLOCKED, deleteEnabled: false };
const UNREADABLE: Attributes = { ...UNLOCKED, readEnabled: false };
const LOCKED = { kind: 'locked', what: 'repository', name: NAME } as const;

const LINK_ROWS: readonly [string, Parameters<typeof decideLinkBlob>[0], unknown][] = [
  ['new bytes of a new repository are used', {}, { kind: 'use-new' }],
  ['known bytes are used, and the new ones spared', { known: GOOD }, { kind: 'use-known', spare: NEW }],
  ['damaged bytes are replaced, and condemned', { known: { ...GOOD, damaged: true } }, { kind: 'heal', spare: OLD }],
  ['a repository that only forbids deleting takes a blob', { repository: UNDELETABLE }, { kind: 'use-new' }],
  ['a locked repository takes none', { repository: READ_ONLY }, { kind: 'refuse', refusal: LOCKED, spare: NEW }],
];

const MOUNT_ROWS: readonly [string, Parameters<typeof decideMountBlob>[0], unknown][] = [
  ['a linked blob is mounted', { from: UNLOCKED, linked: true }, { kind: 'mounted' }],
  ['one that is not linked is not', { from: UNLOCKED, linked: false }, { kind: 'blob-unknown' }],
  ['a repository that does not exist lends nothing', { linked: false }, { kind: 'blob-unknown' }],
  ['one that forbids pulling lends nothing', { from: UNREADABLE, linked: true }, { kind: 'blob-unknown' }],
  ['one that is locked lends as ever', { from: READ_ONLY, linked: true }, { kind: 'mounted' }],
  ['a locked repository borrows nothing', { from: UNLOCKED, linked: true, to: READ_ONLY }, LOCKED],
];

const UNLINK_ROWS: readonly [string, UnlinkBlobFacts, unknown][] = [
  ['a link is removed', { repository: UNLOCKED, linked: true }, { kind: 'unlinked' }],
  ['one that is not there is not', { repository: UNLOCKED, linked: false }, { kind: 'blob-unknown' }],
  ['nor one of a repository that is not', { linked: false }, { kind: 'repository-unknown' }],
  ['a repository that forbids deleting keeps it', { repository: UNDELETABLE, linked: true }, LOCKED],
  ['a locked repository keeps it', { repository: READ_ONLY, linked: true }, LOCKED],
  [
    'a locked image keeps it',
    { repository: UNLOCKED, linked: true, lockedManifest: sha256('m') },
    { kind: 'locked', what: 'manifest', name: sha256('m') },
  ],
];

describe('whether an uploaded blob is linked', () => {
  for (const [sentence, facts, decision] of LINK_ROWS)
    it(sentence, () => assert.deepEqual(decideLinkBlob(facts, { repository: NAME, locator: NEW }), decision));
});

describe('whether a blob is mounted', () => {
  for (const [sentence, facts, decision] of MOUNT_ROWS)
    it(sentence, () => assert.deepEqual(decideMountBlob(facts, NAME), decision));
});

describe('whether a link to a blob is removed', () => {
  for (const [sentence, facts, decision] of UNLINK_ROWS)
    it(sentence, () => assert.deepEqual(decideUnlinkBlob(facts, NAME), decision));
});
