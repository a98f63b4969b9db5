/**
 * Makes the fixture of the directory's newest schema version, once, before that version is released:
 *
 *   node test/upgrade/make-directory.ts
 *
 * A fixture is what a release wrote: it is never made again by a later one.
 */
import { existsSync } from 'node:fs';
import { openSqliteDirectory } from '../../src/directory/sqlite/directory.ts';
import { openSecretBox } from '../../src/trust/secret-box.ts';
import { fill } from './directory-sample.ts';
import { DIRECTORY_KEY, directoryFixture, NEWEST_DIRECTORY } from './fixture.ts';

const path = directoryFixture(NEWEST_DIRECTORY);
if (existsSync(path)) throw new Error(`${path} exists; only delete it while version ${NEWEST_DIRECTORY} is unreleased`);
const onFatal = (error: unknown) => {
  throw error;
};
using directory = openSqliteDirectory(path, { sealer: await openSecretBox(DIRECTORY_KEY), onFatal });
await fill(directory);
