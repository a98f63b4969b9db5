import type { Digest } from '../../oci/digest.ts';
import type { Tag } from '../../oci/reference.ts';
import type { Database } from '../../sqlite/database.ts';
import type { BlobUser, KeptBlob, KeptManifest, Locator, RegistryUid, RepositoryKey } from '../port.ts';

/** Some blobs after an id, in its order. */
export function readBlobs(database: Database, after: number, limit: number): readonly KeptBlob[] {
  const sql = 'SELECT id, digest, size, locator, damaged FROM blob WHERE id > ?1 ORDER BY id LIMIT ?2';
  return database
    .all<Omit<KeptBlob, 'damaged'> & { damaged: number }>(sql, after, limit)
    .map((row) => ({ ...row, damaged: row.damaged === 1 }));
}

/** Some manifests of all repositories after an id, in its order. */
export function readManifests(database: Database, after: number, limit: number): readonly KeptManifest[] {
  return database
    .all<Omit<KeptManifest, 'repository'> & RepositoryKey>(MANIFESTS, after, limit)
    .map(({ id, digest, content, registry, name }) => ({ id, digest, content, repository: { registry, name } }));
}

const MANIFESTS = `
  SELECT manifest.id, manifest.digest, manifest.content, registry.uid AS registry, repository.name
  FROM manifest
  JOIN repository ON repository.id = manifest.repository
  JOIN registry ON registry.id = repository.registry
  WHERE manifest.id > ?1 ORDER BY manifest.id LIMIT ?2`;

/** How much there is to verify. */
export function countBlobs(database: Database): { readonly blobs: number; readonly bytes: number } {
  const row = database.get<{ blobs: number; bytes: number }>(
    'SELECT count(*) AS blobs, coalesce(sum(size), 0) AS bytes FROM blob',
  );
  return { blobs: row?.blobs ?? 0, bytes: row?.bytes ?? 0 };
}

/** Marks a blob's bytes as damaged, where they are still those at this locator; answers whether they were. */
export function markDamaged(
  database: Database,
  { digest, locator }: { readonly digest: Digest; readonly locator: Locator },
): boolean {
  return database.run('UPDATE blob SET damaged = 1 WHERE digest = ?1 AND locator = ?2', digest, locator) > 0;
}

/** Takes that back. */
export function markSound(
  database: Database,
  { digest, locator }: { readonly digest: Digest; readonly locator: Locator },
): void {
  database.run('UPDATE blob SET damaged = 0 WHERE digest = ?1 AND locator = ?2', digest, locator);
}

/** The repositories that link a blob. */
export function linkersOf(database: Database, digest: Digest): readonly RepositoryKey[] {
  return database
    .all<{ registry: RegistryUid; name: RepositoryKey['name'] }>(LINKERS, digest)
    .map((row) => ({ ...row }));
}

const LINKERS = `
  SELECT registry.uid AS registry, repository.name
  FROM blob
  JOIN link ON link.blob = blob.id
  JOIN repository ON repository.id = link.repository
  JOIN registry ON registry.id = repository.registry
  WHERE blob.digest = ?1 ORDER BY 1, 2`;

/** The manifests that name a blob, with their tags; at most `limit`. */
export function usersOf(database: Database, digest: Digest, limit: number): readonly BlobUser[] {
  return database
    .all<{ registry: RegistryUid; name: RepositoryKey['name']; digest: Digest; tags: string }>(USERS, digest, limit)
    .map(({ registry, name, digest: manifest, tags }) => ({
      repository: { registry, name },
      manifest,
      tags: JSON.parse(tags) as Tag[],
    }));
}

const USERS = `
  SELECT registry.uid AS registry, repository.name, manifest.digest,
    (SELECT json_group_array(tag.name ORDER BY tag.name) FROM tag WHERE tag.manifest = manifest.id) AS tags
  FROM blob
  JOIN link ON link.blob = blob.id
  JOIN repository ON repository.id = link.repository
  JOIN registry ON registry.id = repository.registry
  JOIN reference ON reference.repository = repository.id AND reference.digest = blob.digest
  JOIN manifest ON manifest.id = reference.manifest
  WHERE blob.digest = ?1 ORDER BY 1, 2, 3 LIMIT ?2`;
