import type { Digest } from '../../oci/digest.ts';
import type { Database } from '../../sqlite/database.ts';
import type { LinkedBlob, Locator, RepositoryKey } from '../port.ts';

/**
 * A blob that the repository links; `undefined` when it links none of this digest, when the bytes are damaged, or when
 * the collection has condemned the link and nothing may be promised of it.
 */
export function readBlob(database: Database, key: RepositoryKey, digest: Digest): LinkedBlob | undefined {
  return blobOf(database.get<BlobRow>(`${LINKED} AND link.condemned IS NULL`, key.registry, key.name, digest));
}

/** The same, condemned or not: for a push that was promised it before. */
export function readPromisedBlob(database: Database, key: RepositoryKey, digest: Digest): LinkedBlob | undefined {
  return blobOf(database.get<BlobRow>(LINKED, key.registry, key.name, digest));
}

function blobOf(row: BlobRow | undefined): LinkedBlob | undefined {
  return row && { digest: row.digest, size: row.size, locator: row.locator, readable: row.read_enabled === 1 };
}

interface BlobRow {
  readonly digest: Digest;
  readonly size: number;
  readonly locator: Locator;
  readonly read_enabled: number;
}

const LINKED = `
  SELECT blob.digest, blob.size, blob.locator, repository.read_enabled
  FROM registry
  JOIN repository ON repository.registry = registry.id
  JOIN blob ON blob.digest = ?3
  JOIN link ON link.repository = repository.id AND link.blob = blob.id
  WHERE registry.uid = ?1 AND repository.name = ?2 AND blob.damaged = 0`;
