import type { Digest } from '../../oci/digest.ts';
import type { Tag } from '../../oci/reference.ts';
import type { Database } from '../../sqlite/database.ts';
import type { ListOrder, Page, PageRequest, RepositoryKey, TagRecord } from '../port.ts';
import { type AttributeColumns, attributesOf } from './attributes.ts';
import { pageOf, readPage, startOf, walksOf } from './page.ts';
import { findRepository } from './repository.ts';

/** A tag by the id of its repository. */
export function findTag(database: Database, repository: number, tag: Tag): TagRecord | undefined {
  const row = database.get<TagRow>(`${SELECT} WHERE tag.repository = ?1 AND tag.name = ?2`, repository, tag);
  return row && tagOf(row);
}

const COLUMNS = `tag.*, manifest.digest`;
const SELECT = `SELECT ${COLUMNS} FROM tag JOIN manifest ON manifest.id = tag.manifest`;

/** A tag; `undefined` when the repository has none of this name. */
export function readTag(database: Database, key: RepositoryKey, tag: Tag): TagRecord | undefined {
  const repository = findRepository(database, key);
  return repository && findTag(database, repository.id, tag);
}

/** What a page of tags is asked for by. */
export interface TagList {
  readonly key: RepositoryKey;
  readonly page: PageRequest;
  readonly order: ListOrder;
  /** Only tags of this manifest. */
  readonly digest?: Digest;
}

/** A page of tags; `undefined` when the repository is unknown. */
export function listTags(database: Database, { key, page, order, digest }: TagList): Page<TagRecord> | undefined {
  const repository = findRepository(database, key);
  if (repository === undefined) return undefined;
  const start = startOf(order, page.last, (last) => timeOf(database, repository.id, last));
  const narrowed = digest === undefined ? [] : [digest];
  const values = [repository.id, ...start, ...narrowed];
  return pageOf(readPage<TagRow>(database, listTagsSql(order, digest !== undefined), values, page), page, tagOf);
}

const WALKS = walksOf('tag', 'name');

/** The query of {@link listTags}. The tags of one manifest are few, so they are sorted where the order is by time. */
export function listTagsSql(order: ListOrder, ofOneManifest: boolean): string {
  const { index, after, orderBy } = WALKS[order];
  const free = order === 'name' ? 3 : 4;
  const ofManifest = `AND tag.manifest = (SELECT id FROM manifest WHERE repository = ?1 AND digest = ?${free})`;
  return `
    SELECT ${COLUMNS}
    FROM tag INDEXED BY ${ofOneManifest ? 'tag_of_manifest' : index} CROSS JOIN manifest ON manifest.id = tag.manifest
    WHERE tag.repository = ?1 AND tag.list_enabled = 1 AND ${after} ${ofOneManifest ? ofManifest : ''}
    ORDER BY ${orderBy} LIMIT ?${ofOneManifest ? free + 1 : free}`;
}

function timeOf(database: Database, repository: number, tag: string): number | undefined {
  const sql = 'SELECT updated_ms FROM tag WHERE repository = ?1 AND name = ?2';
  return database.get<{ updated_ms: number }>(sql, repository, tag)?.updated_ms;
}

interface TagRow extends AttributeColumns {
  readonly name: Tag;
  readonly digest: Digest;
  readonly created_ms: number;
  readonly updated_ms: number;
}

function tagOf(row: TagRow): TagRecord {
  return {
    tag: row.name,
    digest: row.digest,
    createdMs: row.created_ms,
    updatedMs: row.updated_ms,
    attributes: attributesOf(row),
  };
}
