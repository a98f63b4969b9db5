import type { Digest } from '../../oci/digest.ts';
import type { Database } from '../../sqlite/database.ts';
import { decideLinkBlob, decideMountBlob, decideUnlinkBlob, type KnownBytes } from '../decide/blob.ts';
import type {
  BlobToLink,
  LinkBlobOutcome,
  Locator,
  MountBlobOutcome,
  RepositoryKey,
  UnlinkBlobOutcome,
} from '../port.ts';
import { condemn, link, unlink } from './link.ts';
import { findRepository, type StoredRepository, touchRepository } from './repository.ts';
import { endUpload } from './upload.ts';

/** Links uploaded bytes to a repository and ends the upload. */
export function linkBlob(database: Database, request: BlobToLink): LinkBlobOutcome {
  const { digest, locator } = request;
  const known = findBlob(database, digest);
  const changes = decideLinkBlob(
    { ...attributesIn(findRepository(database, request.repository)), ...(known && { known }) },
    { repository: request.repository.name, locator },
  );
  endUpload(database, request.upload);
  if (changes.kind !== 'use-new') condemn(database, changes.spare);
  if (changes.kind === 'refuse') return changes.refusal;
  if (changes.kind === 'heal') heal(database, request);
  const blob = known?.id ?? createBlob(database, request);
  link(database, touchRepository(database, request.repository, request.nowMs), blob);
  return changes.kind === 'use-known' ? { kind: 'linked', spare: changes.spare } : { kind: 'linked' };
}

/** What a mount asks. */
export interface Mount {
  readonly from: RepositoryKey;
  readonly to: RepositoryKey;
  readonly digest: Digest;
  readonly nowMs: number;
}

/** Links a blob that another repository of the same registry links. */
export function mountBlob(database: Database, mount: Mount): MountBlobOutcome {
  const { from, to } = mount;
  return mountFrom(database, from.registry === to.registry ? findRepository(database, from) : undefined, mount);
}

/** Links a blob that a repository of whichever registry links. */
export function shareBlob(database: Database, mount: Mount): MountBlobOutcome {
  return mountFrom(database, findRepository(database, mount.from), mount);
}

function mountFrom(
  database: Database,
  source: StoredRepository | undefined,
  { to, digest, nowMs }: Mount,
): MountBlobOutcome {
  const found = source && findLinkedBlob(database, source, digest);
  const blob = found?.damaged === 0 ? found : undefined;
  const target = findRepository(database, to);
  const outcome = decideMountBlob(
    {
      ...(source && { from: source.attributes }),
      linked: blob !== undefined,
      ...(target && { to: target.attributes }),
    },
    to.name,
  );
  if (outcome.kind === 'mounted' && blob !== undefined) link(database, touchRepository(database, to, nowMs), blob.id);
  return outcome;
}

/** Removes a repository's link to a blob. */
export function unlinkBlob(
  database: Database,
  { key, digest }: { readonly key: RepositoryKey; readonly digest: Digest },
): UnlinkBlobOutcome {
  const repository = findRepository(database, key);
  if (repository === undefined) return { kind: 'repository-unknown' };
  const blob = findLinkedBlob(database, repository, digest);
  const lockedManifest = findLockedUser(database, repository, digest);
  const outcome = decideUnlinkBlob(
    { ...attributesIn(repository), linked: blob !== undefined, ...(lockedManifest && { lockedManifest }) },
    key.name,
  );
  if (outcome.kind === 'unlinked' && blob !== undefined) unlink(database, repository, [blob.id]);
  return outcome;
}

function attributesIn(repository: StoredRepository | undefined) {
  return repository === undefined ? {} : { repository: repository.attributes };
}

function findBlob(database: Database, digest: Digest): ({ readonly id: number } & KnownBytes) | undefined {
  const row = database.get<{ id: number; locator: Locator; damaged: number }>(
    'SELECT id, locator, damaged FROM blob WHERE digest = ?1',
    digest,
  );
  return row && { id: row.id, locator: row.locator, damaged: row.damaged === 1 };
}

/** The blob, when the repository links it; a damaged one can be unlinked, and lent to nobody. */
function findLinkedBlob(
  database: Database,
  repository: StoredRepository,
  digest: Digest,
): { readonly id: number; readonly damaged: number } | undefined {
  return database.get(
    'SELECT id, damaged FROM blob JOIN link ON link.blob = blob.id WHERE blob.digest = ?1 AND link.repository = ?2',
    digest,
    repository.id,
  );
}

/** Puts good bytes in the place of damaged ones, for every repository that links the blob. */
function heal(database: Database, { digest, size, locator }: BlobToLink): void {
  database.run('UPDATE blob SET locator = ?2, size = ?3, damaged = 0 WHERE digest = ?1', digest, locator, size);
}

function findLockedUser(database: Database, repository: StoredRepository, digest: Digest): Digest | undefined {
  return database.get<{ digest: Digest }>(
    `SELECT manifest.digest FROM reference JOIN manifest ON manifest.id = reference.manifest
     WHERE reference.repository = ?1 AND reference.digest = ?2 AND (delete_enabled = 0 OR write_enabled = 0) LIMIT 1`,
    repository.id,
    digest,
  )?.digest;
}

function createBlob(database: Database, { digest, size, locator }: BlobToLink): number {
  const row = database.get<{ id: number }>(
    'INSERT INTO blob (digest, size, locator) VALUES (?1, ?2, ?3) RETURNING id',
    digest,
    size,
    locator,
  );
  if (row === undefined) throw new Error(`blob ${digest} was not inserted`);
  return row.id;
}
