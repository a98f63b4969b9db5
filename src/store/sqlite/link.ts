import type { Database } from '../../sqlite/database.ts';
import type { Locator } from '../port.ts';
import type { StoredRepository } from './repository.ts';

/** Links a blob to a repository, and counts its bytes when it is the registry's first link to it. */
export function link(database: Database, repository: StoredRepository, blob: number): void {
  if (database.run('INSERT OR IGNORE INTO link VALUES (?1, ?2)', repository.id, blob) === 0) return;
  const held = database.run(
    'UPDATE holding SET links = links + 1 WHERE registry = ?1 AND blob = ?2',
    repository.registry,
    blob,
  );
  if (held > 0) return;
  database.run('INSERT INTO holding VALUES (?1, ?2, 1)', repository.registry, blob);
  database.run(
    'UPDATE registry SET bytes = bytes + (SELECT size FROM blob WHERE id = ?2) WHERE id = ?1',
    repository.registry,
    blob,
  );
}

/** Removes links to these blobs, which the repository has; a blob's last link takes its row, and condemns its bytes. */
export function unlink(database: Database, repository: StoredRepository, blobs: readonly number[]): void {
  for (const blob of blobs) {
    database.run('DELETE FROM link WHERE repository = ?1 AND blob = ?2', repository.id, blob);
    database.run('UPDATE holding SET links = links - 1 WHERE registry = ?1 AND blob = ?2', repository.registry, blob);
    if (
      database.run('DELETE FROM holding WHERE registry = ?1 AND blob = ?2 AND links = 0', repository.registry, blob) > 0
    )
      release(database, repository.registry, blob);
  }
}

function release(database: Database, registry: number, blob: number): void {
  database.run(
    'UPDATE registry SET bytes = bytes - (SELECT size FROM blob WHERE id = ?2) WHERE id = ?1',
    registry,
    blob,
  );
  if (database.get('SELECT 1 FROM holding WHERE blob = ?1 LIMIT 1', blob) !== undefined) return;
  const gone = database.get<{ locator: Locator }>('DELETE FROM blob WHERE id = ?1 RETURNING locator', blob);
  if (gone !== undefined) condemn(database, gone.locator);
}

/** Puts bytes in the trash: nothing will link them again. */
export function condemn(database: Database, locator: Locator): void {
  database.run('INSERT OR IGNORE INTO trash (locator) VALUES (?1)', locator);
}
