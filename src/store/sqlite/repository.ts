import type { RepositoryName } from '../../oci/reference.ts';
import type { Database } from '../../sqlite/database.ts';
import type { Attributes, Page, PageRequest, RegistryUid, RepositoryKey, RepositoryRecord, Usage } from '../port.ts';
import { type AttributeColumns, attributesOf } from './attributes.ts';
import { pageOf, readPage } from './page.ts';

/** A repository as the other tables refer to it. */
export interface StoredRepository {
  readonly id: number;
  readonly registry: number;
  readonly attributes: Attributes;
}

/** The repository's row; `undefined` when it does not exist. */
export function findRepository(database: Database, key: RepositoryKey): StoredRepository | undefined {
  const row = database.get<{ id: number; registry: number } & AttributeColumns>(FIND, key.registry, key.name);
  return row && { id: row.id, registry: row.registry, attributes: attributesOf(row) };
}

const FIND = `
  SELECT repository.* FROM registry JOIN repository ON repository.registry = registry.id
  WHERE registry.uid = ?1 AND repository.name = ?2`;

/** The repository's row, made when it does not exist, and marked as changed at `nowMs`. */
export function touchRepository(database: Database, key: RepositoryKey, nowMs: number): StoredRepository {
  const found = findRepository(database, key) ?? createRepository(database, key, nowMs);
  markChanged(database, found.id, nowMs);
  return found;
}

/** Marks a repository as changed. */
export function markChanged(database: Database, id: number, nowMs: number): void {
  database.run('UPDATE repository SET updated_ms = ?1 WHERE id = ?2', nowMs, id);
}

function createRepository(database: Database, key: RepositoryKey, nowMs: number): StoredRepository {
  database.run('INSERT INTO registry (uid) VALUES (?1) ON CONFLICT (uid) DO NOTHING', key.registry);
  database.run(CREATE, key.registry, key.name, nowMs);
  database.run('UPDATE registry SET repositories = repositories + 1 WHERE uid = ?1', key.registry);
  const created = findRepository(database, key);
  if (created === undefined) throw new Error(`repository ${key.name} is absent just after it was made`);
  return created;
}

const CREATE = `
  INSERT INTO repository (registry, name, created_ms, updated_ms)
  SELECT id, ?2, ?3, ?3 FROM registry WHERE uid = ?1`;

/** Adds to the counters of a repository and of its registry. */
export function count(
  database: Database,
  repository: StoredRepository,
  added: { manifests: number; tags: number },
): void {
  if (added.manifests === 0 && added.tags === 0) return;
  for (const [table, id] of [
    ['repository', repository.id],
    ['registry', repository.registry],
  ] as const)
    database.run(
      `UPDATE ${table} SET manifests = manifests + ?1, tags = tags + ?2 WHERE id = ?3`,
      added.manifests,
      added.tags,
      id,
    );
}

/** The repository as it is shown. */
export function readRepository(database: Database, key: RepositoryKey): RepositoryRecord | undefined {
  const row = database.get<RepositoryRow>(FIND, key.registry, key.name);
  return (
    row && {
      name: row.name,
      createdMs: row.created_ms,
      updatedMs: row.updated_ms,
      manifestCount: row.manifests,
      tagCount: row.tags,
      attributes: attributesOf(row),
    }
  );
}

interface RepositoryRow extends AttributeColumns {
  readonly name: RepositoryName;
  readonly created_ms: number;
  readonly updated_ms: number;
  readonly manifests: number;
  readonly tags: number;
}

/** A page of a registry's repositories, by name. */
export function listRepositories(database: Database, registry: RegistryUid, page: PageRequest): Page<RepositoryName> {
  const rows = readPage<{ name: RepositoryName }>(database, LIST_REPOSITORIES, [registry, page.last ?? ''], page);
  return pageOf(rows, page, (row) => row.name);
}

/** Exported for the test that reads its plan. */
export const LIST_REPOSITORIES = `
  SELECT name FROM repository INDEXED BY repository_listed
  WHERE registry = (SELECT id FROM registry WHERE uid = ?1) AND list_enabled = 1 AND name > ?2
  ORDER BY name LIMIT ?3`;

/** What a registry holds; nothing of one that was never pushed to. */
export function readUsage(database: Database, registry: RegistryUid): Usage {
  const row = database.get<Usage>('SELECT bytes, repositories, manifests, tags FROM registry WHERE uid = ?1', registry);
  return row === undefined ? { bytes: 0, repositories: 0, manifests: 0, tags: 0 } : { ...row };
}
