import { describe } from 'node:test';
import { blobCases } from './contract/blob-cases.ts';
import { collectCases } from './contract/collect-cases.ts';
import { damageCases } from './contract/damage-cases.ts';
import { deletedCases } from './contract/deleted-cases.ts';
import { eventCases } from './contract/event-cases.ts';
import { listCases } from './contract/list-cases.ts';
import { lockCases } from './contract/lock-cases.ts';
import { manifestCases } from './contract/manifest-cases.ts';
import { modelCases } from './contract/model-cases.ts';
import type { OpenMetadata } from './contract/opened.ts';
import { uploadCases } from './contract/upload-cases.ts';

/** What every {@link MetadataStore} does. `open` makes an empty one; it is closed and removed after each case. */
export function metadataContract(name: string, open: OpenMetadata): void {
  describe(`metadata in ${name}`, () => {
    describe('blobs', () => blobCases(open));
    describe('uploads and trash', () => uploadCases(open));
    describe('the collection', () => collectCases(open));
    describe('damaged blobs', () => damageCases(open));
    describe('soft delete', () => deletedCases(open));
    describe('manifests', () => manifestCases(open));
    describe('locks', () => lockCases(open));
    describe('lists', () => listCases(open));
    describe('events', () => eventCases(open));
    describe('against a model', () => modelCases(open));
  });
}
