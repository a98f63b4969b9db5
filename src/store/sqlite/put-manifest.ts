import { referencesOf } from '../../oci/manifest.ts';
import type { Tag } from '../../oci/reference.ts';
import type { Database } from '../../sqlite/database.ts';
import { decidePutManifest, type PutManifestChanges, type PutManifestFacts } from '../decide/put-manifest.ts';
import type { ManifestToPut, PutManifestOutcome, TagRecord } from '../port.ts';
import { forgetDeleted } from './deleted.ts';
import { keepEvents } from './event.ts';
import { pardonDigest } from './link.ts';
import { findManifest } from './manifest.ts';
import { count, findRepository, type StoredRepository, touchRepository } from './repository.ts';
import { findTag } from './tag.ts';

/** Stores a manifest and its tags. */
export function putManifest(database: Database, put: ManifestToPut): PutManifestOutcome {
  const found = findRepository(database, put.repository);
  const changes = decidePutManifest(factsOf(database, put, found), { ...put, repository: put.repository.name });
  if (changes.kind !== 'store') return changes;
  const repository = touchRepository(database, put.repository, put.nowMs);
  const manifest = storeManifest(database, repository, put, changes.manifest);
  for (const tag of changes.createTags)
    database.run(
      'INSERT INTO tag (repository, name, manifest, created_ms, updated_ms) VALUES (?1, ?2, ?3, ?4, ?4)',
      repository.id,
      tag,
      manifest,
      put.nowMs,
    );
  for (const tag of changes.pointTags) {
    // From now on it is told how long the manifest before has been without this tag.
    database.run(
      'UPDATE manifest SET updated_ms = ?1 WHERE id <> ?2 AND id = (SELECT manifest FROM tag WHERE repository = ?3 AND name = ?4)',
      put.nowMs,
      manifest,
      repository.id,
      tag,
    );
    database.run(
      'UPDATE tag SET manifest = ?1, updated_ms = ?2 WHERE repository = ?3 AND name = ?4',
      manifest,
      put.nowMs,
      repository.id,
      tag,
    );
  }
  for (const digest of changes.pardon) pardonDigest(database, repository.id, digest);
  const created = changes.manifest === 'create';
  count(database, repository, { manifests: Number(created), tags: changes.createTags.length });
  keepEvents(database, pushes(put));
  return { kind: 'stored', created };
}

function pushes({ repository, digest, tags, content, manifest, occasion }: ManifestToPut): readonly Push[] {
  if (occasion === undefined) return [];
  const push = {
    action: 'push',
    repository,
    digest,
    mediaType: manifest.mediaType,
    size: content.length,
    occasion,
  } as const;
  return tags.length === 0 ? [push] : tags.map((tag) => ({ ...push, tag }));
}

type Push = Parameters<typeof keepEvents>[1][number];

function factsOf(database: Database, put: ManifestToPut, repository: StoredRepository | undefined): PutManifestFacts {
  const { missing, condemned } = findReferences(database, put, repository?.id);
  if (repository === undefined) return { tags: new Map(), missing, condemned };
  const manifest = findManifest(database, repository.id, put.digest);
  const tags = new Map<Tag, TagRecord>();
  for (const name of put.tags) {
    const tag = findTag(database, repository.id, name);
    if (tag !== undefined) tags.set(name, tag);
  }
  return {
    repository: repository.attributes,
    ...(manifest && { manifest: manifest.attributes }),
    tags,
    missing,
    condemned,
  };
}

type Found = Pick<PutManifestFacts, 'missing' | 'condemned'>;

function findReferences(database: Database, put: ManifestToPut, repository: number | undefined): Found {
  const { blobs, manifests } = referencesOf(put.manifest);
  if (repository === undefined) return { missing: [...blobs, ...manifests], condemned: [] };
  const linked = new Map(
    blobs.map((digest) => [digest, database.get<{ condemned: number | null }>(FIND_LINK, repository, digest)]),
  );
  return {
    missing: [
      ...blobs.filter((digest) => linked.get(digest) === undefined),
      ...manifests.filter((digest) => database.get(HAS_MANIFEST, repository, digest) === undefined),
    ],
    condemned: blobs.filter((digest) => (linked.get(digest)?.condemned ?? null) !== null),
  };
}

// Damaged bytes are as good as absent: whoever names them must bring them again.
const FIND_LINK = `
  SELECT condemned FROM blob JOIN link ON link.blob = blob.id
  WHERE link.repository = ?1 AND blob.digest = ?2 AND blob.damaged = 0`;
const HAS_MANIFEST = 'SELECT 1 FROM manifest WHERE repository = ?1 AND digest = ?2';

/** Answers the manifest's id. */
function storeManifest(
  database: Database,
  repository: StoredRepository,
  put: ManifestToPut,
  change: PutManifestChanges['manifest'],
): number {
  if (change === 'create') return createManifest(database, repository, put);
  const nowMs = change === 'touch' ? put.nowMs : null;
  const row = database.get<{ id: number }>(TOUCH, repository.id, put.digest, nowMs, put.content);
  if (row === undefined) throw new Error(`manifest ${put.digest} is absent just after it was found`);
  return row.id;
}

// The bytes are what the digest says: should those that are there be damaged, the push heals them.
const TOUCH = `
  UPDATE manifest SET updated_ms = coalesce(?3, updated_ms), content = ?4
  WHERE repository = ?1 AND digest = ?2 RETURNING id`;

function createManifest(database: Database, repository: StoredRepository, put: ManifestToPut): number {
  const { manifest, content } = put;
  const row = database.get<{ id: number }>(
    CREATE,
    repository.id,
    put.digest,
    manifest.mediaType,
    content.length,
    manifest.imageSize,
    manifest.artifactType ?? null,
    put.architecture ?? null,
    put.os ?? null,
    manifest.subject?.digest ?? null,
    manifest.annotations === undefined ? null : JSON.stringify(manifest.annotations),
    put.nowMs,
    content,
  );
  if (row === undefined) throw new Error(`manifest ${put.digest} was not inserted`);
  forgetDeleted(database, put.repository, put.digest);
  const { blobs, manifests } = referencesOf(manifest);
  for (const digest of new Set([...blobs, ...manifests]))
    database.run('INSERT INTO reference VALUES (?1, ?2, ?3)', repository.id, digest, row.id);
  return row.id;
}

const CREATE = `
  INSERT INTO manifest (repository, digest, media_type, size, image_size, artifact_type, architecture, os, subject,
    annotations, created_ms, updated_ms, content)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12) RETURNING id`;
