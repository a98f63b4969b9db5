import type { Digest } from '../../oci/digest.ts';
import type { Tag } from '../../oci/reference.ts';
import type { Database } from '../../sqlite/database.ts';
import type { Attributes, ManifestRecord, RepositoryKey, RepositoryRecord, TagRecord, UpdateOutcome } from '../port.ts';
import { changeValues, SET_ATTRIBUTES } from './attributes.ts';
import { readManifest } from './manifest.ts';
import { findRepository, readRepository } from './repository.ts';
import { findTag } from './tag.ts';

/** A change of a repository's attributes. */
export interface RepositoryUpdate {
  readonly key: RepositoryKey;
  readonly change: Partial<Attributes>;
  readonly nowMs: number;
}

/** Changes a repository's attributes. */
export function updateRepository(database: Database, update: RepositoryUpdate): UpdateOutcome<RepositoryRecord> {
  const { key, change, nowMs } = update;
  const repository = findRepository(database, key);
  if (repository === undefined) return { kind: 'repository-unknown' };
  const sql = `UPDATE repository SET ${SET_ATTRIBUTES}, updated_ms = ?5 WHERE id = ?6`;
  database.run(sql, ...changeValues(change), nowMs, repository.id);
  const record = readRepository(database, key);
  return record === undefined ? { kind: 'repository-unknown' } : { kind: 'updated', record };
}

/** A change of a manifest's attributes. */
export interface ManifestUpdate {
  readonly key: RepositoryKey;
  readonly digest: Digest;
  readonly change: Partial<Attributes>;
}

/** Changes a manifest's attributes. */
export function updateManifest(database: Database, update: ManifestUpdate): UpdateOutcome<ManifestRecord> {
  const { key, digest, change } = update;
  const repository = findRepository(database, key);
  if (repository === undefined) return { kind: 'repository-unknown' };
  const sql = `UPDATE manifest SET ${SET_ATTRIBUTES} WHERE repository = ?5 AND digest = ?6`;
  database.run(sql, ...changeValues(change), repository.id, digest);
  const record = readManifest(database, key, digest);
  return record === undefined ? { kind: 'manifest-unknown' } : { kind: 'updated', record };
}

/** A change of a tag's attributes. */
export interface TagUpdate {
  readonly key: RepositoryKey;
  readonly tag: Tag;
  readonly change: Partial<Attributes>;
}

/** Changes a tag's attributes. */
export function updateTag(database: Database, { key, tag, change }: TagUpdate): UpdateOutcome<TagRecord> {
  const repository = findRepository(database, key);
  if (repository === undefined) return { kind: 'repository-unknown' };
  const sql = `UPDATE tag SET ${SET_ATTRIBUTES} WHERE repository = ?5 AND name = ?6`;
  database.run(sql, ...changeValues(change), repository.id, tag);
  const record = findTag(database, repository.id, tag);
  return record === undefined ? { kind: 'manifest-unknown' } : { kind: 'updated', record };
}
