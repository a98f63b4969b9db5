import type { Database } from '../../sqlite/database.ts';
import type { Locator } from '../port.ts';

/** The oldest entries of the trash. */
export function readTrash(database: Database, limit: number): readonly Locator[] {
  return database
    .all<{ locator: Locator }>('SELECT locator FROM trash ORDER BY id LIMIT ?1', limit)
    .map((row) => row.locator);
}

/** Forgets entries of the trash whose bytes are gone. */
export function emptyTrash(database: Database, locators: readonly Locator[]): void {
  for (const locator of locators) database.run('DELETE FROM trash WHERE locator = ?1', locator);
}

/** Those of `locators` that no blob and no entry of the trash names. */
export function unknownLocators(database: Database, locators: readonly Locator[]): readonly Locator[] {
  return locators.filter((locator) => database.get(KNOWN, locator) === undefined);
}

const KNOWN = 'SELECT 1 FROM blob WHERE locator = ?1 UNION ALL SELECT 1 FROM trash WHERE locator = ?1 LIMIT 1';
