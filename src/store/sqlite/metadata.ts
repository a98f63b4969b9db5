import type { Digest } from '../../oci/digest.ts';
import type { Reference, Tag } from '../../oci/reference.ts';
import { Database } from '../../sqlite/database.ts';
import { isCorrupt } from '../../sqlite/fault.ts';
import { prepareDatabase } from '../../sqlite/migrate.ts';
import type { ArgumentOf, ResultOf } from '../../sqlite/operation.ts';
import type { WriterThread } from '../../sqlite/thread.ts';
import { DatabaseFullError, Writer } from '../../sqlite/writer.ts';
import {
  type Attributes,
  type BlobToLink,
  type DeleteOptions,
  type LinkCursor,
  type LinkedBlob,
  type LinksToCollect,
  type ListOrder,
  type Locator,
  type ManifestToPut,
  type MetadataStore,
  NoSpaceError,
  type PageRequest,
  type RegistryUid,
  type RestoreRequest,
  type RepositoryKey,
  type ServedManifest,
  type UploadId,
  type UploadRecord,
} from '../port.ts';
import { CONTENT_SCHEMA } from '../schema.ts';
import { readBlob, readPromisedBlob } from './blob.ts';
import { RepositoryCache } from './cache.ts';
import { readLinks, readPass } from './collect.ts';
import { countBlobs, linkersOf, readBlobs, readManifests, usersOf } from './damage.ts';
import { listUnneeded } from './delete.ts';
import { listDeletedManifests, listDeletedRepositories, listDeletedTags } from './deleted.ts';
import { listRegistries } from './erase.ts';
import { readEvents } from './event.ts';
import { listManifests, readManifest, serveManifest } from './manifest.ts';
import type { operations } from './operations.ts';
import { listReferrers } from './referrer.ts';
import { listRepositories, readRepository, readUsage } from './repository.ts';
import { listTags, readTag } from './tag.ts';
import { readTrash, unknownLocators } from './trash.ts';
import { listUploads, readUpload } from './upload.ts';

/** How the metadata is opened. */
export interface MetadataOptions {
  /** The database's file; made when absent, in a folder that exists. Only one process may have it open. */
  readonly path: string;
  /** The bytes that hot manifests and blob lookups may take in memory; 64 MiB when absent, 0 keeps nothing. */
  readonly cacheBytes?: number;
  /** The thread that writes it; its own when absent. */
  readonly thread?: WriterThread;
  /** Called once when a commit failed and nobody knows what is on the disk: the process must end. */
  readonly onFatal: (error: Error) => void;
}

const CACHE_BYTES = 64 * 1024 * 1024;

/** The part of the cache that blob lookups get; they are small, manifests are not. */
const BLOB_SHARE = 1 / 8;

/** The bytes that the answer of a blob lookup takes. */
const BLOB_ENTRY_BYTES = 400;

/**
 * Opens the metadata of content in a SQLite database, migrating it when it is older. Throws `DatabaseTooNewError` when
 * it is newer. Writes go to a thread of their own; reads run here, on a connection that cannot write.
 */
export async function openMetadata(options: MetadataOptions): Promise<MetadataStore> {
  const { path, cacheBytes = CACHE_BYTES } = options;
  prepareDatabase(path, CONTENT_SCHEMA);
  const reader = new Database(path, 'read');
  const state: State = { fatal: undefined };
  const onFatal = (error: Error) => {
    if (state.fatal !== undefined) return;
    state.fatal = error;
    options.onFatal(error);
  };
  try {
    const module = new URL('./operations.ts', import.meta.url);
    return new SqliteMetadata(
      reader,
      await Writer.open<ContentOperations>({ path, module, thread: options.thread, onFatal }),
      { state, onFatal },
      cacheBytes,
    );
  } catch (error) {
    reader[Symbol.dispose]();
    throw error;
  }
}

type ContentOperations = typeof operations;

interface State {
  fatal: Error | undefined;
}

class SqliteMetadata implements MetadataStore {
  readonly #reader: Database;
  readonly #writer: Writer<ContentOperations>;
  readonly #state: State;
  readonly #onFatal: (error: Error) => void;
  readonly #manifests: RepositoryCache<ServedManifest>;
  readonly #blobs: RepositoryCache<LinkedBlob>;
  #closed: Promise<void> | undefined;

  constructor(
    reader: Database,
    writer: Writer<ContentOperations>,
    { state, onFatal }: { readonly state: State; readonly onFatal: (error: Error) => void },
    cacheBytes: number,
  ) {
    this.#onFatal = onFatal;
    this.#reader = reader;
    this.#writer = writer;
    this.#state = state;
    this.#blobs = new RepositoryCache(cacheBytes * BLOB_SHARE);
    this.#manifests = new RepositoryCache(cacheBytes * (1 - BLOB_SHARE));
  }

  async repository(key: RepositoryKey) {
    return this.#read((db) => readRepository(db, key));
  }
  async repositories(registry: RegistryUid, page: PageRequest) {
    return this.#read((db) => listRepositories(db, registry, page));
  }
  updateRepository(key: RepositoryKey, change: Partial<Attributes>, nowMs: number) {
    return this.#change(key, () => this.#write('updateRepository', { key, change, nowMs }));
  }
  deleteRepository(key: RepositoryKey, nowMs: number, options: DeleteOptions = {}) {
    return this.#change(key, () => this.#write('deleteRepository', { key, nowMs, ...options }));
  }
  async usage(registry: RegistryUid) {
    return this.#read((db) => readUsage(db, registry));
  }

  async blob(key: RepositoryKey, digest: Digest) {
    return this.#read((db) =>
      this.#blobs.get(
        key,
        digest,
        () => readBlob(db, key, digest),
        () => BLOB_ENTRY_BYTES,
      ),
    );
  }
  async promisedBlob(key: RepositoryKey, digest: Digest) {
    return this.#read((db) => readPromisedBlob(db, key, digest));
  }
  // Linking adds to what a repository has and changes no answer that is kept: an absence never is.
  linkBlob(link: BlobToLink) {
    return this.#write('linkBlob', link);
  }
  mountBlob(from: RepositoryKey, to: RepositoryKey, digest: Digest, nowMs: number) {
    return this.#write('mountBlob', { from, to, digest, nowMs });
  }
  shareBlob(from: RepositoryKey, to: RepositoryKey, digest: Digest, nowMs: number) {
    return this.#write('shareBlob', { from, to, digest, nowMs });
  }
  unlinkBlob(key: RepositoryKey, digest: Digest) {
    return this.#blobs.changing(key, () => this.#write('unlinkBlob', { key, digest }));
  }

  startUpload(upload: UploadRecord) {
    return this.#write('startUpload', upload);
  }
  async upload(key: RepositoryKey, id: UploadId) {
    return this.#read((db) => readUpload(db, key, id));
  }
  async uploads() {
    return this.#read(listUploads);
  }
  endUpload(id: UploadId) {
    return this.#write('endUpload', id);
  }

  async manifest(key: RepositoryKey, reference: Reference) {
    const name = reference.kind === 'tag' ? reference.tag : reference.digest;
    return this.#read((db) =>
      this.#manifests.get(
        key,
        name,
        () => serveManifest(db, key, reference),
        (manifest) => manifest.content.length,
      ),
    );
  }
  async manifestRecord(key: RepositoryKey, digest: Digest) {
    return this.#snapshot((db) => readManifest(db, key, digest));
  }
  putManifest(put: ManifestToPut) {
    // A copy of exactly these bytes, which is then given away: a Buffer may be a window on a pool that others use.
    const content = new Uint8Array(put.content);
    return this.#manifests.changing(put.repository, () =>
      this.#write('putManifest', { ...put, content }, [content.buffer]),
    );
  }
  deleteManifest(key: RepositoryKey, digest: Digest, nowMs: number, options: DeleteOptions = {}) {
    return this.#manifests.changing(key, () => this.#write('deleteManifest', { key, digest, nowMs, ...options }));
  }
  retireManifest(key: RepositoryKey, digest: Digest, when: Parameters<MetadataStore['retireManifest']>[2]) {
    return this.#manifests.changing(key, () => this.#write('retireManifest', { key, digest, ...when }));
  }
  async unneededManifests(
    key: RepositoryKey,
    when: { readonly sinceMs: number; readonly beforeMs: number },
    limit: number,
  ) {
    return this.#read((db) => listUnneeded(db, { key, ...when, limit }));
  }
  async manifests(key: RepositoryKey, page: PageRequest, order: ListOrder) {
    return this.#snapshot((db) => listManifests(db, { key, page, order }));
  }
  updateManifest(key: RepositoryKey, digest: Digest, change: Partial<Attributes>) {
    return this.#manifests.changing(key, () => this.#write('updateManifest', { key, digest, change }));
  }
  async referrers(key: RepositoryKey, subject: Digest, page: PageRequest, artifactType?: string) {
    const narrowed = artifactType === undefined ? {} : { artifactType };
    return this.#read((db) => listReferrers(db, { key, subject, page, ...narrowed }));
  }

  async tag(key: RepositoryKey, tag: Tag) {
    return this.#snapshot((db) => readTag(db, key, tag));
  }
  async tags(key: RepositoryKey, page: PageRequest, order: ListOrder, digest?: Digest) {
    const narrowed = digest === undefined ? {} : { digest };
    return this.#snapshot((db) => listTags(db, { key, page, order, ...narrowed }));
  }
  deleteTag(key: RepositoryKey, tag: Tag, nowMs: number, options: Pick<DeleteOptions, 'softly'> = {}) {
    return this.#manifests.changing(key, () => this.#write('deleteTag', { key, tag, nowMs, ...options }));
  }
  updateTag(key: RepositoryKey, tag: Tag, change: Partial<Attributes>) {
    return this.#manifests.changing(key, () => this.#write('updateTag', { key, tag, change }));
  }

  async events(limit: number) {
    return this.#read((db) => readEvents(db, limit));
  }
  forgetEvents(upTo: number) {
    return this.#write('forgetEvents', upTo);
  }

  async deletedRepositories(registry: RegistryUid, page: PageRequest) {
    return this.#read((db) => listDeletedRepositories(db, registry, page));
  }
  async deletedManifests(key: RepositoryKey, page: PageRequest) {
    return this.#snapshot((db) => listDeletedManifests(db, key, page));
  }
  async deletedTags(key: RepositoryKey, page: PageRequest) {
    return this.#snapshot((db) => listDeletedTags(db, key, page));
  }
  restore(request: RestoreRequest) {
    return this.#change(request.key, () => this.#write('restore', request));
  }
  purgeDeleted(registry: RegistryUid, beforeMs: number) {
    return this.#write('purgeDeleted', { registry, beforeMs });
  }

  beginPass() {
    return this.#write('beginPass', undefined);
  }
  async pass() {
    return this.#read(readPass);
  }
  async links(after: LinkCursor | undefined, limit: number) {
    return this.#read((db) => readLinks(db, after, limit));
  }
  collectLinks(request: LinksToCollect) {
    return this.#blobs.changing(request.repository, () => this.#write('collectLinks', request));
  }
  settle() {
    return this.#write('settle', undefined);
  }
  async registries() {
    return this.#read(listRegistries);
  }
  async eraseRegistry(registry: RegistryUid) {
    const more = await this.#write('eraseRegistry', registry);
    for (const cache of [this.#blobs, this.#manifests]) cache.dropRegistry(registry);
    return more;
  }

  async blobs(after: number, limit: number) {
    return this.#read((db) => readBlobs(db, after, limit));
  }
  async blobCount() {
    return this.#read(countBlobs);
  }
  async markDamaged(digest: Digest, locator: Locator) {
    const marked = await this.#write('markDamaged', { digest, locator });
    for (const key of this.#read((db) => linkersOf(db, digest))) this.#blobs.drop(key);
    return marked;
  }
  markSound(digest: Digest, locator: Locator) {
    return this.#write('markSound', { digest, locator });
  }
  async keptManifests(after: number, limit: number) {
    return this.#read((db) => readManifests(db, after, limit));
  }
  async blobUsers(digest: Digest, limit: number) {
    return this.#read((db) => usersOf(db, digest, limit));
  }

  async trash(limit: number) {
    return this.#read((db) => readTrash(db, limit));
  }
  emptyTrash(locators: readonly Locator[]) {
    return this.#write('emptyTrash', locators);
  }
  async unknownLocators(locators: readonly Locator[]) {
    return this.#snapshot((db) => unknownLocators(db, locators));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#reader[Symbol.dispose]();
    await this.#writer[Symbol.asyncDispose]();
  }

  /** A database in doubt answers nothing, not even what is in memory. */
  #read<T>(read: (database: Database) => T): T {
    if (this.#state.fatal !== undefined) throw this.#state.fatal;
    try {
      return read(this.#reader);
    } catch (error) {
      // What cannot be read would be taken for absent by whoever asks again.
      if (isCorrupt(error) && error instanceof Error) this.#onFatal(error);
      throw error;
    }
  }

  #snapshot<T>(read: (database: Database) => T): T {
    return this.#read((database) => database.snapshot(() => read(database)));
  }

  /** Runs a change of everything in a repository. */
  #change<R>(key: RepositoryKey, change: () => Promise<R>): Promise<R> {
    return this.#manifests.changing(key, () => this.#blobs.changing(key, change));
  }

  async #write<K extends keyof ContentOperations>(
    name: K,
    argument: ArgumentOf<ContentOperations[K]>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ResultOf<ContentOperations[K]>> {
    try {
      return await this.#writer.call(name, argument, transfer);
    } catch (error) {
      if (error instanceof DatabaseFullError) throw new NoSpaceError(error.message, { cause: error });
      throw error;
    }
  }
}
