import { fileURLToPath } from 'node:url';
import { DIRECTORY_MIGRATIONS } from '../../src/directory/sqlite/schema.ts';
import { STATE_MIGRATIONS } from '../../src/state/sqlite/schema.ts';
import { CONTENT_SCHEMA } from '../../src/store/schema.ts';

/** The version of the content database's schema that this release writes. */
export const NEWEST_CONTENT = CONTENT_SCHEMA.length;

/** The file of the content database that a release with this schema version wrote. */
export function contentFixture(version: number): string {
  return fileURLToPath(new URL(`./fixtures/content-v${version}.db`, import.meta.url));
}

/** The version of the directory's schema that this release writes. */
export const NEWEST_DIRECTORY = DIRECTORY_MIGRATIONS.length;

/** The key that the secrets of the directory fixtures are sealed with; it opens nothing else. */
export const DIRECTORY_KEY = fileURLToPath(new URL('./fixtures/directory.key', import.meta.url));

/** The file of the directory that a release with this schema version wrote. */
export function directoryFixture(version: number): string {
  return fileURLToPath(new URL(`./fixtures/directory-v${version}.db`, import.meta.url));
}

/** The version of the state's schema that this release writes. */
export const NEWEST_STATE = STATE_MIGRATIONS.length;

/** The file of the state that a release with this schema version wrote. */
export function stateFixture(version: number): string {
  return fileURLToPath(new URL(`./fixtures/state-v${version}.db`, import.meta.url));
}
