/**
 * Soft delete: what is deleted moves to a shadow of its repository, a repository whose name no client can say (`~` and the
 * name). There it is linked, counted by usage and collected as everything else, until it is restored or purged.
 */
import type { Digest } from '../../oci/digest.ts';
import type { RepositoryName, Tag } from '../../oci/reference.ts';
import type { Database } from '../../sqlite/database.ts';
import { decideRestore } from '../decide/restore.ts';
import type {
  DeletedManifest,
  DeletedTag,
  Page,
  PageRequest,
  RegistryUid,
  RepositoryKey,
  RestoreOutcome,
  RestoreRequest,
} from '../port.ts';
import { link, unlink } from './link.ts';
import { pageOf, readPage } from './page.ts';
import { count, findRepository, type StoredRepository, touchRepository } from './repository.ts';
import { findTag } from './tag.ts';

const MARK = '~';

function shadowKey({ registry, name }: RepositoryKey): RepositoryKey {
  return { registry, name: `${MARK}${name}` as RepositoryName };
}

/** The shadow's row, made when it does not exist; no list and no count of repositories has it. */
function shadowOf(database: Database, key: RepositoryKey, nowMs: number): StoredRepository {
  const found = findRepository(database, shadowKey(key));
  if (found !== undefined) return found;
  const made = touchRepository(database, shadowKey(key), nowMs);
  database.run('UPDATE repository SET list_enabled = 0 WHERE id = ?1', made.id);
  database.run('UPDATE registry SET repositories = repositories - 1 WHERE id = ?1', made.registry);
  return made;
}

/** Keeps a tag that is about to be deleted. */
export function keepTag(
  database: Database,
  key: RepositoryKey,
  { tag, digest, nowMs }: { readonly tag: Tag; readonly digest: Digest; readonly nowMs: number },
): void {
  const { id } = shadowOf(database, key, nowMs);
  database.run('INSERT OR REPLACE INTO deleted_tag VALUES (?1, ?2, ?3, ?4)', id, tag, digest, nowMs);
}

/** Moves manifests of a repository to its shadow, with their tags; the ids are theirs. */
export function keepManifests(
  database: Database,
  {
    key,
    repository,
    nowMs,
  }: { readonly key: RepositoryKey; readonly repository: StoredRepository; readonly nowMs: number },
  manifests: readonly number[],
): void {
  const shadow = shadowOf(database, key, nowMs);
  for (const manifest of manifests) {
    // Deleted before and pushed again: the later one is the one to restore.
    database.run(
      'DELETE FROM manifest WHERE repository = ?1 AND digest = (SELECT digest FROM manifest WHERE id = ?2)',
      shadow.id,
      manifest,
    );
    database.run(KEEP_TAGS, shadow.id, manifest, nowMs);
    database.run('DELETE FROM tag WHERE manifest = ?1', manifest);
    move(database, { from: repository, to: shadow, manifest, nowMs });
  }
}

const KEEP_TAGS = `
  INSERT OR REPLACE INTO deleted_tag
  SELECT ?1, tag.name, manifest.digest, ?3 FROM tag JOIN manifest ON manifest.id = tag.manifest WHERE manifest.id = ?2`;

interface Move {
  readonly from: StoredRepository;
  readonly to: StoredRepository;
  readonly manifest: number;
  readonly nowMs: number;
}

/** Links first what the manifest names, of what the repository that it leaves has. */
function move(database: Database, { from, to, manifest, nowMs }: Move): void {
  for (const { blob } of database.all<{ blob: number }>(NAMED_BLOBS, from.id, manifest)) link(database, to, blob);
  database.run('UPDATE reference SET repository = ?1 WHERE manifest = ?2', to.id, manifest);
  database.run('UPDATE manifest SET repository = ?1, updated_ms = ?3 WHERE id = ?2', to.id, manifest, nowMs);
}

const NAMED_BLOBS = `
  SELECT link.blob FROM reference
  JOIN blob ON blob.digest = reference.digest
  JOIN link ON link.repository = ?1 AND link.blob = blob.id
  WHERE reference.manifest = ?2`;

/** Forgets that a manifest was deleted: it has been pushed again. */
export function forgetDeleted(database: Database, key: RepositoryKey, digest: Digest): void {
  const shadow = findRepository(database, shadowKey(key));
  if (shadow === undefined) return;
  database.run('DELETE FROM manifest WHERE repository = ?1 AND digest = ?2', shadow.id, digest);
}

/** Puts a deleted manifest, or a deleted tag of one that is there, back. */
export function restore(database: Database, { key, digest, tag, force, nowMs }: RestoreRequest): RestoreOutcome {
  const shadow = findRepository(database, shadowKey(key));
  const deleted = shadow && findManifestId(database, shadow.id, digest);
  const before = findRepository(database, key);
  const present = before && findManifestId(database, before.id, digest);
  const other = tag === undefined ? undefined : before && findTag(database, before.id, tag);
  const outcome = decideRestore(
    {
      ...(before && { repository: before.attributes }),
      deleted: deleted !== undefined,
      present: present !== undefined,
      ...(other && { tag: { digest: other.digest, attributes: other.attributes } }),
    },
    { repository: key.name, digest, force, ...(tag === undefined ? {} : { tag }) },
  );
  if (outcome.kind !== 'restored') return outcome;
  const repository = touchRepository(database, key, nowMs);
  if (deleted !== undefined && shadow !== undefined && present === undefined) {
    move(database, { from: shadow, to: repository, manifest: deleted, nowMs });
    count(database, repository, { manifests: 1, tags: 0 });
  }
  const manifest = present ?? deleted;
  if (tag !== undefined && manifest !== undefined) pointTag(database, { repository, tag, manifest, nowMs });
  if (tag !== undefined && shadow !== undefined)
    database.run('DELETE FROM deleted_tag WHERE repository = ?1 AND name = ?2 AND digest = ?3', shadow.id, tag, digest);
  return outcome;
}

function findManifestId(database: Database, repository: number, digest: Digest): number | undefined {
  return database.get<{ id: number }>(
    'SELECT id FROM manifest WHERE repository = ?1 AND digest = ?2',
    repository,
    digest,
  )?.id;
}

function pointTag(
  database: Database,
  { repository, tag, manifest, nowMs }: { repository: StoredRepository; tag: Tag; manifest: number; nowMs: number },
): void {
  const moved = database.run(
    'UPDATE tag SET manifest = ?3, updated_ms = ?4 WHERE repository = ?1 AND name = ?2',
    repository.id,
    tag,
    manifest,
    nowMs,
  );
  if (moved > 0) return;
  database.run(
    'INSERT INTO tag (repository, name, manifest, created_ms, updated_ms) VALUES (?1, ?2, ?3, ?4, ?4)',
    repository.id,
    tag,
    manifest,
    nowMs,
  );
  count(database, repository, { manifests: 0, tags: 1 });
}

/** How many manifests one transaction purges at most. */
const PURGED = 50;

/** Removes for good some of what a registry's repositories had deleted before a time; answers whether there is more. */
export function purgeDeleted(
  database: Database,
  { registry, beforeMs }: { readonly registry: RegistryUid; readonly beforeMs: number },
): boolean {
  const shadows = `SELECT repository.id FROM registry JOIN repository ON repository.registry = registry.id
    WHERE registry.uid = ?1 AND repository.name >= '${MARK}'`;
  const purged = database.run(
    `DELETE FROM manifest WHERE id IN
       (SELECT id FROM manifest WHERE repository IN (${shadows}) AND updated_ms <= ?2 LIMIT ?3)`,
    registry,
    beforeMs,
    PURGED,
  );
  database.run(`DELETE FROM deleted_tag WHERE repository IN (${shadows}) AND deleted_ms <= ?2`, registry, beforeMs);
  for (const shadow of database.all<{ id: number; registry: number }>(EMPTY_SHADOWS, registry))
    dropShadow(database, shadow);
  return purged === PURGED;
}

const EMPTY_SHADOWS = `
  SELECT repository.id, repository.registry FROM registry JOIN repository ON repository.registry = registry.id
  WHERE registry.uid = ?1 AND repository.name >= '${MARK}'
    AND NOT EXISTS (SELECT 1 FROM manifest WHERE manifest.repository = repository.id)
    AND NOT EXISTS (SELECT 1 FROM deleted_tag WHERE deleted_tag.repository = repository.id)`;

function dropShadow(database: Database, shadow: { readonly id: number; readonly registry: number }): void {
  const blobs = database.all<{ blob: number }>('SELECT blob FROM link WHERE repository = ?1', shadow.id);
  unlink(
    database,
    shadow,
    blobs.map(({ blob }) => blob),
  );
  database.run('DELETE FROM repository WHERE id = ?1', shadow.id);
}

/** A page of the repositories in which something was deleted. */
export function listDeletedRepositories(
  database: Database,
  registry: RegistryUid,
  page: PageRequest,
): Page<RepositoryName> {
  const values = [registry, `${MARK}${page.last ?? ''}`];
  const rows = readPage<{ name: string }>(database, LIST_SHADOWS, values, page);
  return pageOf(rows, page, (row) => row.name.slice(MARK.length) as RepositoryName);
}

const LIST_SHADOWS = `
  SELECT name FROM repository
  WHERE registry = (SELECT id FROM registry WHERE uid = ?1) AND name > ?2 ORDER BY name LIMIT ?3`;

/** A page of the manifests that were deleted from a repository, by digest; `undefined` where none was. */
export function listDeletedManifests(
  database: Database,
  key: RepositoryKey,
  page: PageRequest,
): Page<DeletedManifest> | undefined {
  const shadow = findRepository(database, shadowKey(key));
  if (shadow === undefined) return undefined;
  return pageOf(readPage<ManifestRow>(database, LIST_MANIFESTS, [shadow.id, page.last ?? ''], page), page, (row) => ({
    digest: row.digest,
    mediaType: row.media_type,
    imageSize: row.image_size,
    createdMs: row.created_ms,
    deletedMs: row.updated_ms,
    tags: JSON.parse(row.tags) as Tag[],
  }));
}

interface ManifestRow {
  readonly digest: Digest;
  readonly media_type: string;
  readonly image_size: number;
  readonly created_ms: number;
  readonly updated_ms: number;
  readonly tags: string;
}

const LIST_MANIFESTS = `
  SELECT digest, media_type, image_size, created_ms, updated_ms,
    (SELECT json_group_array(name ORDER BY name) FROM deleted_tag
     WHERE deleted_tag.repository = manifest.repository AND deleted_tag.digest = manifest.digest) AS tags
  FROM manifest WHERE repository = ?1 AND digest > ?2 ORDER BY digest LIMIT ?3`;

/** A page of the tags that were deleted from a repository, each as often as it named another manifest, the latest last. */
export function listDeletedTags(
  database: Database,
  key: RepositoryKey,
  page: PageRequest,
): Page<DeletedTag> | undefined {
  const shadow = findRepository(database, shadowKey(key));
  if (shadow === undefined) return undefined;
  const rows = readPage<{ name: Tag; digest: Digest; deleted_ms: number }>(
    database,
    LIST_TAGS,
    [shadow.id, page.last ?? ''],
    page,
  );
  return pageOf(rows, page, ({ name: tag, digest, deleted_ms: deletedMs }) => ({ tag, digest, deletedMs }));
}

const LIST_TAGS = `
  SELECT name, digest, deleted_ms FROM deleted_tag WHERE repository = ?1 AND name > ?2
  ORDER BY name, deleted_ms, digest LIMIT ?3`;
