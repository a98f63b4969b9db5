import type { Digest } from '../../oci/digest.ts';
import type { Tag } from '../../oci/reference.ts';
import type { Database } from '../../sqlite/database.ts';
import {
  decideDeleteManifest,
  decideDeleteRepository,
  decideDeleteTag,
  type ManifestFacts,
  type RepositoryFacts,
} from '../decide/delete.ts';
import { decideRetire } from '../decide/retire.ts';
import type { DeleteOutcome, Locked, Occasion, RepositoryKey } from '../port.ts';
import { type AttributeColumns, attributesOf } from './attributes.ts';
import { keepManifests, keepTag } from './deleted.ts';
import { keepEvents } from './event.ts';
import { unlink } from './link.ts';
import { findManifest, type StoredManifest } from './manifest.ts';
import { count, findRepository, markChanged, type StoredRepository } from './repository.ts';
import { findTag } from './tag.ts';

/** Which tag is deleted, and when. */
export interface TagDeletion {
  readonly key: RepositoryKey;
  readonly tag: Tag;
  readonly nowMs: number;
  readonly softly?: boolean;
}

/** Deletes one tag; the manifest it names stays. */
export function deleteTag(database: Database, { key, tag, nowMs, softly = false }: TagDeletion): DeleteOutcome {
  const repository = findRepository(database, key);
  const found = repository && findTag(database, repository.id, tag);
  const outcome = decideDeleteTag(factsOf(key, repository), found && { name: tag, attributes: found.attributes });
  if (outcome.kind !== 'deleted' || repository === undefined) return outcome;
  if (softly && found !== undefined) keepTag(database, key, { tag, digest: found.digest, nowMs });
  // From now on it is told how long the manifest has been without this tag.
  database.run(
    'UPDATE manifest SET updated_ms = ?3 WHERE id = (SELECT manifest FROM tag WHERE repository = ?1 AND name = ?2)',
    repository.id,
    tag,
    nowMs,
  );
  database.run('DELETE FROM tag WHERE repository = ?1 AND name = ?2', repository.id, tag);
  count(database, repository, { manifests: 0, tags: -1 });
  markChanged(database, repository.id, nowMs);
  return outcome;
}

/** Which manifest is deleted, and when. */
export interface ManifestDeletion {
  readonly key: RepositoryKey;
  readonly digest: Digest;
  readonly nowMs: number;
  readonly occasion?: Occasion;
  readonly softly?: boolean;
}

/** Which repository is deleted. */
export interface RepositoryDeletion {
  readonly key: RepositoryKey;
  readonly nowMs: number;
  readonly softly?: boolean;
  readonly occasion?: Occasion;
}

/** Deletes a manifest with every tag that names it. */
export function deleteManifest(database: Database, deletion: ManifestDeletion): DeleteOutcome {
  const { key, digest, nowMs, occasion, softly = false } = deletion;
  const repository = findRepository(database, key);
  const found = repository && findManifest(database, repository.id, digest);
  const outcome = decideDeleteManifest(factsOf(key, repository), found && manifestFacts(database, digest, found));
  if (outcome.kind !== 'deleted' || repository === undefined || found === undefined) return outcome;
  if (occasion !== undefined) keepEvents(database, [deletionEvent(database, found.id, { key, digest, occasion })]);
  if (softly) keepManifests(database, { key, repository, nowMs }, [found.id]);
  else {
    database.run('DELETE FROM tag WHERE manifest = ?1', found.id);
    database.run('DELETE FROM manifest WHERE id = ?1', found.id);
  }
  count(database, repository, { manifests: -1, tags: -outcome.tags.length });
  markChanged(database, repository.id, nowMs);
  return outcome;
}

/** Which manifest goes if nothing has happened to it since. */
export interface ManifestRetirement extends ManifestDeletion {
  readonly beforeMs: number;
}

/** Deletes a manifest that nothing needs and that nobody has touched since a time. */
export function retireManifest(database: Database, { beforeMs, ...deletion }: ManifestRetirement): boolean {
  const { key, digest } = deletion;
  const repository = findRepository(database, key);
  const row = repository && database.get<RetireRow>(RETIRE, repository.id, digest);
  const facts = row && {
    digest,
    attributes: attributesOf(row),
    updatedMs: row.updated_ms,
    tagged: row.tagged === 1,
    named: row.named === 1,
    attached: row.attached === 1,
  };
  return decideRetire(facts, beforeMs) && deleteManifest(database, deletion).kind === 'deleted';
}

interface RetireRow extends AttributeColumns {
  readonly updated_ms: number;
  readonly tagged: number;
  readonly named: number;
  readonly attached: number;
}

const TAGGED = 'EXISTS (SELECT 1 FROM tag WHERE tag.manifest = manifest.id)';
const NAMED = `EXISTS (
  SELECT 1 FROM reference WHERE reference.repository = manifest.repository AND reference.digest = manifest.digest)`;
const ATTACHED = `EXISTS (
  SELECT 1 FROM manifest AS subject
  WHERE subject.repository = manifest.repository AND subject.digest = manifest.subject)`;

const RETIRE = `
  SELECT delete_enabled, write_enabled, list_enabled, read_enabled, updated_ms,
    ${TAGGED} AS tagged, ${NAMED} AS named, ${ATTACHED} AS attached
  FROM manifest WHERE repository = ?1 AND digest = ?2`;

/** Manifests of a repository that nothing needs, last touched within these times, the oldest first. */
export function listUnneeded(database: Database, { key, sinceMs, beforeMs, limit }: UnneededList): readonly Digest[] {
  const repository = findRepository(database, key);
  if (repository === undefined) return [];
  const rows = database.all<{ digest: Digest }>(LIST_UNNEEDED, repository.id, sinceMs, beforeMs, limit);
  return rows.map((row) => row.digest);
}

/** What {@link listUnneeded} is asked; times are ms since the epoch. */
export interface UnneededList {
  readonly key: RepositoryKey;
  readonly sinceMs: number;
  readonly beforeMs: number;
  readonly limit: number;
}

/** Exported for the test that reads its plan. */
export const LIST_UNNEEDED = `
  SELECT digest FROM manifest INDEXED BY manifest_by_time
  WHERE repository = ?1 AND list_enabled = 1 AND updated_ms >= ?2 AND updated_ms <= ?3
    AND delete_enabled = 1 AND write_enabled = 1 AND NOT ${TAGGED} AND NOT ${NAMED} AND NOT ${ATTACHED}
  ORDER BY updated_ms, digest LIMIT ?4`;

function deletionEvent(
  database: Database,
  manifest: number,
  { key, digest, occasion }: { readonly key: RepositoryKey; readonly digest: Digest; readonly occasion: Occasion },
): Parameters<typeof keepEvents>[1][number] {
  const row = database.get<{ mediaType: string; size: number }>(
    'SELECT media_type AS mediaType, size FROM manifest WHERE id = ?1',
    manifest,
  );
  return { action: 'delete', repository: key, digest, ...row, occasion };
}

function manifestFacts(database: Database, digest: Digest, { id, attributes }: StoredManifest): ManifestFacts {
  const rows = database.all<{ name: Tag } & AttributeColumns>(
    'SELECT * FROM tag WHERE manifest = ?1 ORDER BY name',
    id,
  );
  const tags = rows.map((row) => ({ name: row.name, attributes: attributesOf(row) }));
  return { digest, attributes, tags };
}

/** Deletes a repository with everything in it, and condemns the bytes that nothing else links. */
export function deleteRepository(database: Database, deletion: RepositoryDeletion): DeleteOutcome {
  const { key, nowMs, occasion, softly = false } = deletion;
  const repository = findRepository(database, key);
  const locked = repository && lockWithin(database, repository.id);
  const decision = decideDeleteRepository(factsOf(key, repository), locked);
  if (decision.kind !== 'delete') return decision;
  if (repository === undefined) return { kind: 'repository-unknown' };
  const { id, registry } = repository;
  const tags = database.all<{ name: Tag }>('SELECT name FROM tag WHERE repository = ?1', id).map((row) => row.name);
  const rows = database.all<{ id: number; digest: Digest }>(
    'SELECT id, digest FROM manifest WHERE repository = ?1 ORDER BY digest',
    id,
  );
  const manifests = rows.map((row) => row.digest);
  if (softly)
    keepManifests(
      database,
      { key, repository, nowMs },
      rows.map((row) => row.id),
    );
  const blobs = database.all<{ blob: number }>('SELECT blob FROM link WHERE repository = ?1', id);
  count(database, repository, { manifests: -manifests.length, tags: -tags.length });
  database.run('DELETE FROM tag WHERE repository = ?1', id);
  database.run('DELETE FROM manifest WHERE repository = ?1', id);
  unlink(
    database,
    repository,
    blobs.map((row) => row.blob),
  );
  database.run('DELETE FROM repository WHERE id = ?1', id);
  database.run('UPDATE registry SET repositories = repositories - 1 WHERE id = ?1', registry);
  if (occasion !== undefined) keepEvents(database, [{ action: 'delete', repository: key, occasion }]);
  return { kind: 'deleted', manifests, tags };
}

function lockWithin(database: Database, repository: number): Locked | undefined {
  const manifest = database.get<{ name: Digest }>(LOCKED_MANIFEST, repository);
  if (manifest !== undefined) return { kind: 'locked', what: 'manifest', name: manifest.name };
  const tag = database.get<{ name: Tag }>(LOCKED_TAG, repository);
  return tag && { kind: 'locked', what: 'tag', name: tag.name };
}

const LOCKED_MANIFEST = `
  SELECT digest AS name FROM manifest INDEXED BY manifest_locked
  WHERE repository = ?1 AND (delete_enabled = 0 OR write_enabled = 0) LIMIT 1`;
const LOCKED_TAG = `
  SELECT name FROM tag INDEXED BY tag_locked
  WHERE repository = ?1 AND (delete_enabled = 0 OR write_enabled = 0) LIMIT 1`;

function factsOf({ name }: RepositoryKey, repository: StoredRepository | undefined): RepositoryFacts {
  return repository === undefined ? { name } : { name, attributes: repository.attributes };
}
