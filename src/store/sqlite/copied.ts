import { Database } from '../../sqlite/database.ts';
import type { Locator } from '../port.ts';

/** Takes from a copy of the database what belongs to the process that was copied: sessions and the trash. */
export function dropUnfinished(copy: Database): void {
  copy.exec('DELETE FROM upload; DELETE FROM trash;');
}

/** The locators of a copy's blobs with their sizes in bytes, in batches; of damaged ones there is nothing to copy. */
export function* copiedBlobs(
  path: string,
  batch: number,
): Generator<readonly { readonly locator: Locator; readonly size: number }[], void, undefined> {
  using database = new Database(path, 'read');
  for (let after = 0; ; ) {
    const rows = database.all<{ id: number; locator: Locator; size: number }>(
      'SELECT id, locator, size FROM blob WHERE id > ?1 AND damaged = 0 ORDER BY id LIMIT ?2',
      after,
      batch,
    );
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1)?.id ?? after;
  }
}
