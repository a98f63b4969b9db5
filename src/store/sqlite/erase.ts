import type { Database } from '../../sqlite/database.ts';
import type { RegistryUid } from '../port.ts';
import { unlink } from './link.ts';

/** How many rows of a kind one transaction removes at most, so that a push waits for a few milliseconds and no more. */
const STEP = { tags: 500, manifests: 50, links: 250 } as const;

/** Every registry that has content, or an upload under way. */
export function listRegistries(database: Database): readonly RegistryUid[] {
  const sql = 'SELECT uid FROM registry UNION SELECT registry FROM upload ORDER BY 1';
  return database.all<{ uid: RegistryUid }>(sql).map((row) => row.uid);
}

/** Removes some of what a registry has, locked or not; answers whether there is more. */
export function eraseRegistry(database: Database, uid: RegistryUid): boolean {
  database.run('DELETE FROM upload WHERE registry = ?1', uid);
  const registry = database.get<{ id: number }>('SELECT id FROM registry WHERE uid = ?1', uid);
  if (registry === undefined) return false;
  const repository = database.get<{ id: number; registry: number }>(
    'SELECT id, registry FROM repository WHERE registry = ?1 LIMIT 1',
    registry.id,
  );
  if (repository !== undefined) return eraseRepository(database, repository);
  database.run('DELETE FROM registry WHERE id = ?1', registry.id);
  return false;
}

function eraseRepository(database: Database, repository: { readonly id: number; readonly registry: number }): true {
  const { id } = repository;
  const tags = database.run(ERASE_TAGS, id, STEP.tags);
  if (tags === STEP.tags) return true;
  const manifests = database.run(ERASE_MANIFESTS, id, STEP.manifests);
  if (manifests === STEP.manifests) return true;
  const links = database.all<{ blob: number }>('SELECT blob FROM link WHERE repository = ?1 LIMIT ?2', id, STEP.links);
  unlink(
    database,
    repository,
    links.map((row) => row.blob),
  );
  if (links.length < STEP.links) database.run('DELETE FROM repository WHERE id = ?1', id);
  return true;
}

const ERASE_TAGS = `
  DELETE FROM tag WHERE repository = ?1 AND name IN (SELECT name FROM tag WHERE repository = ?1 LIMIT ?2)`;
const ERASE_MANIFESTS = `
  DELETE FROM manifest WHERE id IN (SELECT id FROM manifest WHERE repository = ?1 LIMIT ?2)`;
