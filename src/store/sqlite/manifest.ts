import { algorithmOf, type Digest } from '../../oci/digest.ts';
import type { Reference, Tag } from '../../oci/reference.ts';
import type { Database } from '../../sqlite/database.ts';
import type {
  Attributes,
  ListOrder,
  ManifestRecord,
  Page,
  PageRequest,
  RepositoryKey,
  ServedManifest,
} from '../port.ts';
import { digestOfBytes } from '../digest-of-bytes.ts';
import { type AttributeColumns, attributesOf } from './attributes.ts';
import { pageOf, readPage, startOf, walksOf } from './page.ts';
import { findRepository } from './repository.ts';

/** A manifest with its bytes, by tag or digest. */
export function serveManifest(
  database: Database,
  key: RepositoryKey,
  reference: Reference,
): ServedManifest | undefined {
  const row =
    reference.kind === 'tag'
      ? database.get<ServedRow>(SERVE_BY_TAG, key.registry, key.name, reference.tag)
      : database.get<ServedRow>(SERVE_BY_DIGEST, key.registry, key.name, reference.digest);
  if (row === undefined) return undefined;
  const { buffer, byteOffset, byteLength } = row.content;
  const content = Buffer.from(buffer, byteOffset, byteLength);
  // Damaged bytes are as good as absent: a client brings them again, which heals them.
  if (digestOfBytes(content, algorithmOf(row.digest)) !== row.digest) return undefined;
  return { digest: row.digest, mediaType: row.media_type, content, readable: row.readable === 1 };
}

interface ServedRow {
  readonly digest: Digest;
  readonly media_type: string;
  readonly content: Uint8Array<ArrayBuffer>;
  readonly readable: number;
}

const SERVE_BY_TAG = `
  SELECT manifest.digest, manifest.media_type, manifest.content,
    repository.read_enabled & tag.read_enabled & manifest.read_enabled AS readable
  FROM registry
  JOIN repository ON repository.registry = registry.id
  JOIN tag ON tag.repository = repository.id
  JOIN manifest ON manifest.id = tag.manifest
  WHERE registry.uid = ?1 AND repository.name = ?2 AND tag.name = ?3`;

const SERVE_BY_DIGEST = `
  SELECT manifest.digest, manifest.media_type, manifest.content,
    repository.read_enabled & manifest.read_enabled AS readable
  FROM registry
  JOIN repository ON repository.registry = registry.id
  JOIN manifest ON manifest.repository = repository.id
  WHERE registry.uid = ?1 AND repository.name = ?2 AND manifest.digest = ?3`;

/** A manifest as the other tables refer to it. */
export interface StoredManifest {
  readonly id: number;
  readonly attributes: Attributes;
}

/** A manifest by the id of its repository, without its tags, which may be many. */
export function findManifest(database: Database, repository: number, digest: Digest): StoredManifest | undefined {
  const row = database.get<ManifestRow>(FIND, repository, digest);
  return row && { id: row.id, attributes: attributesOf(row) };
}

// Not `*`: the bytes would be read with it.
const COLUMNS = `
  manifest.id, manifest.digest, manifest.media_type, manifest.size, manifest.image_size, manifest.artifact_type,
  manifest.architecture, manifest.os, manifest.created_ms, manifest.updated_ms,
  manifest.delete_enabled, manifest.write_enabled, manifest.list_enabled, manifest.read_enabled`;
const TAGS = 'SELECT json_group_array(name ORDER BY name) FROM tag WHERE tag.manifest = manifest.id';
const FIND = `SELECT ${COLUMNS} FROM manifest WHERE repository = ?1 AND digest = ?2`;
const READ = `SELECT ${COLUMNS}, (${TAGS}) AS tags FROM manifest WHERE repository = ?1 AND digest = ?2`;

/** A manifest as it is shown, with every tag that names it; `undefined` when the repository does not have it. */
export function readManifest(database: Database, key: RepositoryKey, digest: Digest): ManifestRecord | undefined {
  const repository = findRepository(database, key);
  const row = repository && database.get<ManifestRow & TagsColumn>(READ, repository.id, digest);
  return row && recordOf(row);
}

/** What a page of manifests is asked for by. */
export interface ManifestList {
  readonly key: RepositoryKey;
  readonly page: PageRequest;
  readonly order: ListOrder;
}

/** A page of manifests, each with those of its tags that may be listed; `undefined` when the repository is unknown. */
export function listManifests(
  database: Database,
  { key, page, order }: ManifestList,
): Page<ManifestRecord> | undefined {
  const repository = findRepository(database, key);
  if (repository === undefined) return undefined;
  const start = startOf(order, page.last, (last) => timeOf(database, repository.id, last));
  const rows = readPage<ManifestRow & TagsColumn>(database, listManifestsSql(order), [repository.id, ...start], page);
  return pageOf(rows, page, recordOf);
}

const WALKS = walksOf('manifest', 'digest');

/** The query of {@link listManifests}. */
export function listManifestsSql(order: ListOrder): string {
  const { index, after, orderBy } = WALKS[order];
  return `
    SELECT ${COLUMNS}, (${TAGS} AND tag.list_enabled = 1) AS tags
    FROM manifest INDEXED BY ${index}
    WHERE manifest.repository = ?1 AND manifest.list_enabled = 1 AND ${after}
    ORDER BY ${orderBy} LIMIT ?${order === 'name' ? 3 : 4}`;
}

function timeOf(database: Database, repository: number, digest: string): number | undefined {
  const sql = 'SELECT updated_ms FROM manifest WHERE repository = ?1 AND digest = ?2';
  return database.get<{ updated_ms: number }>(sql, repository, digest)?.updated_ms;
}

interface ManifestRow extends AttributeColumns {
  readonly id: number;
  readonly digest: Digest;
  readonly media_type: string;
  readonly size: number;
  readonly image_size: number;
  readonly artifact_type: string | null;
  readonly architecture: string | null;
  readonly os: string | null;
  readonly created_ms: number;
  readonly updated_ms: number;
}

/** The names of a manifest's tags, a JSON list. */
interface TagsColumn {
  readonly tags: string;
}

function recordOf(row: ManifestRow & TagsColumn): ManifestRecord {
  return {
    digest: row.digest,
    mediaType: row.media_type,
    size: row.size,
    imageSize: row.image_size,
    ...(row.artifact_type !== null && { artifactType: row.artifact_type }),
    ...(row.architecture !== null && { architecture: row.architecture }),
    ...(row.os !== null && { os: row.os }),
    createdMs: row.created_ms,
    updatedMs: row.updated_ms,
    attributes: attributesOf(row),
    tags: JSON.parse(row.tags) as Tag[],
  };
}
