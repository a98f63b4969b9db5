import type { Digest } from '../../oci/digest.ts';
import type { Database } from '../../sqlite/database.ts';
import { decideLink } from '../decide/collect.ts';
import type {
  CollectedLinks,
  LinkCursor,
  LinkPage,
  LinkToJudge,
  LinksToCollect,
  RegistryUid,
  RepositoryKey,
} from '../port.ts';
import { unlink } from './link.ts';
import { findRepository, type StoredRepository } from './repository.ts';

/** Begins a pass of the collection and answers its number, one above the last. */
export function beginPass(database: Database): number {
  const row = database.get<{ pass: number }>('UPDATE collection SET pass = pass + 1 RETURNING pass');
  if (row === undefined) throw new TypeError('a migrated database has its one row of the collection');
  return row.pass;
}

/** Writes something, whatever it is: once this is durable, so is everything before it in the log. */
export function settle(database: Database): void {
  database.run('UPDATE collection SET pass = pass');
}

/** The number of the newest pass; 0 before the first. */
export function readPass(database: Database): number {
  return database.get<{ pass: number }>('SELECT pass FROM collection')?.pass ?? 0;
}

/** Looks at some links, in the order of their repositories. */
export function readLinks(database: Database, after: LinkCursor | undefined, limit: number): LinkPage {
  const rows = database.all<LinkRow>(LINKS, after?.repository ?? 0, after?.blob ?? 0, limit);
  const last = rows.at(-1);
  return {
    links: rows.map(linkOf),
    ...(rows.length === limit && last !== undefined ? { next: { repository: last.repository, blob: last.blob } } : {}),
  };
}

interface LinkRow {
  readonly repository: number;
  readonly blob: number;
  readonly uid: RegistryUid;
  readonly name: RepositoryKey['name'];
  readonly digest: Digest;
  readonly size: number;
  readonly condemned: number | null;
  readonly named: number;
  readonly held: number;
}

function linkOf(row: LinkRow): LinkToJudge {
  return {
    repository: { registry: row.uid, name: row.name },
    digest: row.digest,
    size: row.size,
    named: row.named === 1,
    held: row.held === 1,
    ...(row.condemned === null ? {} : { condemned: row.condemned }),
  };
}

const NAMED = 'EXISTS (SELECT 1 FROM reference WHERE reference.repository = link.repository AND digest = blob.digest)';
const HELD =
  'EXISTS (SELECT 1 FROM upload WHERE upload.registry = registry.uid AND upload.repository = repository.name)';

/** The query of {@link readLinks}. */
export const LINKS = `
  SELECT link.repository, link.blob, registry.uid, repository.name, blob.digest, blob.size, link.condemned,
    ${NAMED} AS named, ${HELD} AS held
  FROM link
  CROSS JOIN blob ON blob.id = link.blob
  CROSS JOIN repository ON repository.id = link.repository
  CROSS JOIN registry ON registry.id = repository.registry
  WHERE (link.repository, link.blob) > (?1, ?2)
  ORDER BY link.repository, link.blob LIMIT ?3`;

/** Judges links of one repository anew, each by what is known within this transaction, and does as is judged. */
export function collectLinks(database: Database, request: LinksToCollect): CollectedLinks {
  const { pass, busy } = request;
  const collected = { condemned: 0, unlinked: 0, freedBytes: 0 };
  const repository = findRepository(database, request.repository);
  if (repository === undefined) return collected;
  const garbage: number[] = [];
  for (const digest of request.digests) {
    const link = database.get<Pick<LinkRow, 'blob' | 'condemned' | 'named' | 'held'>>(JUDGED, repository.id, digest);
    if (link === undefined) continue;
    const facts = { named: link.named === 1, held: busy || link.held === 1 };
    const verdict = decideLink(link.condemned === null ? facts : { ...facts, condemned: link.condemned }, pass);
    if (verdict === 'condemn') collected.condemned += condemnLink(database, repository, link.blob, pass);
    if (verdict === 'unlink') garbage.push(link.blob);
  }
  collected.unlinked = garbage.length;
  collected.freedBytes = unlink(database, repository, garbage);
  return collected;
}

const JUDGED = `
  SELECT link.blob, link.condemned, ${NAMED} AS named, ${HELD} AS held
  FROM blob
  JOIN link ON link.blob = blob.id AND link.repository = ?1
  JOIN repository ON repository.id = link.repository
  JOIN registry ON registry.id = repository.registry
  WHERE blob.digest = ?2`;

function condemnLink(database: Database, repository: StoredRepository, blob: number, pass: number): number {
  return database.run('UPDATE link SET condemned = ?3 WHERE repository = ?1 AND blob = ?2', repository.id, blob, pass);
}
