import type { Digest } from '../../oci/digest.ts';
import type { Database } from '../../sqlite/database.ts';
import { decideRelease } from '../decide/collect.ts';
import type { Locator } from '../port.ts';
import type { StoredRepository } from './repository.ts';

/**
 * Links a blob to a repository, and counts its bytes when it is the registry's first link to it. A link that the
 * collection has condemned is pardoned.
 */
export function link(database: Database, repository: StoredRepository, blob: number): void {
  if (database.run('INSERT OR IGNORE INTO link (repository, blob) VALUES (?1, ?2)', repository.id, blob) === 0)
    return pardon(database, repository.id, blob);
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

/** Takes a link back from the collection, by the digest of its blob. */
export function pardonDigest(database: Database, repository: number, digest: Digest): void {
  const blob = database.get<{ id: number }>('SELECT id FROM blob WHERE digest = ?1', digest);
  if (blob !== undefined) pardon(database, repository, blob.id);
}

function pardon(database: Database, repository: number, blob: number): void {
  database.run(
    'UPDATE link SET condemned = NULL WHERE repository = ?1 AND blob = ?2 AND condemned IS NOT NULL',
    repository,
    blob,
  );
}

/**
 * Removes links to these blobs, which the repository has; a blob's last link takes its row, and condemns its bytes.
 * Answers how many bytes were condemned.
 */
export function unlink(
  database: Database,
  repository: Pick<StoredRepository, 'id' | 'registry'>,
  blobs: readonly number[],
): number {
  let freed = 0;
  for (const blob of blobs) {
    database.run('DELETE FROM link WHERE repository = ?1 AND blob = ?2', repository.id, blob);
    database.run('UPDATE holding SET links = links - 1 WHERE registry = ?1 AND blob = ?2', repository.registry, blob);
    if (
      database.run('DELETE FROM holding WHERE registry = ?1 AND blob = ?2 AND links = 0', repository.registry, blob) > 0
    )
      freed += release(database, repository.registry, blob);
  }
  return freed;
}

function release(database: Database, registry: number, blob: number): number {
  database.run(
    'UPDATE registry SET bytes = bytes - (SELECT size FROM blob WHERE id = ?2) WHERE id = ?1',
    registry,
    blob,
  );
  const linkedElsewhere = database.get('SELECT 1 FROM holding WHERE blob = ?1 LIMIT 1', blob) !== undefined;
  if (decideRelease({ linkedElsewhere }) === 'keep') return 0;
  const gone = database.get<{ locator: Locator; size: number }>(
    'DELETE FROM blob WHERE id = ?1 RETURNING locator, size',
    blob,
  );
  if (gone === undefined) return 0;
  condemn(database, gone.locator);
  return gone.size;
}

/** Puts bytes in the trash: nothing will link them again. */
export function condemn(database: Database, locator: Locator): void {
  database.run('INSERT OR IGNORE INTO trash (locator) VALUES (?1)', locator);
}
