/**
 * Makes the fixture of the newest schema version, once, before that version is released:
 *
 *   node test/upgrade/make-content.ts
 *
 * A fixture is what a release wrote: it is never made again by a later one.
 */
import { existsSync } from 'node:fs';
import { openMetadata } from '../../src/store/sqlite/metadata.ts';
import { fill } from './content-sample.ts';
import { contentFixture, NEWEST_CONTENT } from './fixture.ts';

const path = contentFixture(NEWEST_CONTENT);
if (existsSync(path)) throw new Error(`${path} exists; only delete it while version ${NEWEST_CONTENT} is unreleased`);
const onFatal = (error: Error) => {
  throw error;
};
await using store = await openMetadata({ path, onFatal });
await fill(store);
