import { fileURLToPath } from 'node:url';
import { CONTENT_SCHEMA } from '../../src/store/schema.ts';

/** The version of the content database's schema that this release writes. */
export const NEWEST_CONTENT = CONTENT_SCHEMA.length;

/** The file of the content database that a release with this schema version wrote. */
export function contentFixture(version: number): string {
  return fileURLToPath(new URL(`./fixtures/content-v${version}.db`, import.meta.url));
}
