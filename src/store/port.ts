/**
 * The two ports behind which content is kept: {@link ByteStore} for the bytes of blobs, {@link MetadataStore} for
 * everything that says what those bytes are. Each has a contract suite beside this file that every adapter passes.
 */
import type { Brand } from '../oci/brand.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest, DigestAlgorithm } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import type { Reference, RepositoryName, Tag } from '../oci/reference.ts';

/** A registry's immutable identity; a registry created again under an old name has another. */
export type RegistryUid = Brand<string, 'RegistryUid'>;
/** An upload session's identity, never reused. */
export type UploadId = Brand<string, 'UploadId'>;
/** Where a blob's bytes are; opaque outside the {@link ByteStore} that made it, and never reused. */
export type Locator = Brand<string, 'Locator'>;

/** One repository of one registry. */
export interface RepositoryKey {
  readonly registry: RegistryUid;
  readonly name: RepositoryName;
}

// ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The bytes of blobs and of unfinished uploads. */
export interface ByteStore extends AsyncDisposable {
  /** Starts an upload with no bytes. `algorithm` is the one hashed as bytes arrive. */
  createPart(id: UploadId, algorithm: DigestAlgorithm): Promise<Part>;
  /** Opens an upload that an earlier process began, reading its bytes anew; `undefined` when it has none. */
  reopenPart(id: UploadId, algorithm: DigestAlgorithm): Promise<Part | undefined>;
  /** Removes an unfinished upload that is not open. Absent is not an error. */
  removePart(id: UploadId): Promise<void>;
  /** Opens a blob for reading; `undefined` when its bytes are gone. */
  open(locator: Locator): Promise<BlobReader | undefined>;
  /** Hashes a blob's bytes in another thread; `undefined` when they are gone. Rejects when they cannot be read. */
  digest(
    locator: Locator,
    algorithm: DigestAlgorithm,
  ): Promise<{ readonly digest: Digest; readonly size: number } | undefined>;
  /** Whether this opening of the store made the bytes durable: they were hashed as they came. */
  isOfThisProcess(locator: Locator): boolean;
  /** Sets a blob's bytes aside, where nothing opens them; `remove` removes them from there. Absent is not an error. */
  quarantine(locator: Locator): Promise<void>;
  /** Puts bytes that were set aside where they were. Absent is not an error. */
  release(locator: Locator): Promise<void>;
  /** Removes a blob's bytes; readers that have it open still read it to its end. Absent is not an error. */
  remove(locator: Locator): Promise<void>;
  /** Every locator that has bytes, in batches, for the sweep. */
  locators(): AsyncIterable<readonly Locator[]>;
  /** Every unfinished upload that has bytes. */
  parts(): AsyncIterable<KeptPart>;
}

/** An unfinished upload as the sweep sees it. */
export interface KeptPart {
  readonly id: UploadId;
  /** The time of its last byte, ms since the epoch. */
  readonly touchedMs: number;
  /** Whether it is open in this process, or about to be. */
  readonly open: boolean;
}

/** Bytes on their way into a part. */
export interface ByteSource extends AsyncIterable<Uint8Array> {
  /** Takes back the memory of chunks that nothing reads any more, for bytes to come. A source without it gives its chunks away. */
  recycle?(chunks: readonly Uint8Array[]): void;
}

/** An unfinished upload, open in this process. Its methods are called one at a time. */
export interface Part {
  /** The bytes accepted so far; the next byte appended has this position. */
  readonly offset: number;
  /**
   * Appends everything `source` yields, hashing as it passes. When `source` fails, the bytes that arrived before stay
   * appended and its error is thrown. Throws {@link PartTooLargeError} once `limit` bytes in all would be exceeded;
   * {@link NoSpaceError} when the disk is full: what fitted stays appended.
   */
  append(source: ByteSource, limit: number): Promise<void>;
  /** The digest of all bytes appended; reads them again when `algorithm` is not the one hashed as they came. */
  digest(algorithm: DigestAlgorithm): Promise<Digest>;
  /**
   * Makes the bytes durable under a new locator and ends the part (invariant 11: no metadata before this returned). The
   * upload keeps them too, until `removePart`: a process that dies before the link can go on with it.
   */
  commit(): Promise<Locator>;
  /** Removes the bytes and ends the part. */
  discard(): Promise<void>;
  /** Closes the part and keeps its bytes; a later `reopenPart` goes on. */
  suspend(): Promise<void>;
}

/** A blob open for reading. */
export interface BlobReader extends AsyncDisposable {
  /** In bytes. */
  readonly size: number;
  /** Reads at most `buffer.length` bytes from `position` into `buffer`; answers how many, 0 only at the end. */
  read(buffer: Buffer, position: number): Promise<number>;
}

/** An upload that would exceed the largest blob accepted. */
export class PartTooLargeError extends Error {
  override name = 'PartTooLargeError';
}

/** The volume that holds the bytes or the metadata is full. */
export class NoSpaceError extends Error {
  override name = 'NoSpaceError';
}

// ── metadata ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What may be done to a repository, manifest or tag (facts/acr.md §3.4, "Lock semantics"). All true at first. */
export interface Attributes {
  readonly deleteEnabled: boolean;
  readonly writeEnabled: boolean;
  readonly listEnabled: boolean;
  readonly readEnabled: boolean;
}

/** A repository as `/acr/v1` shows it. Times are ms since the epoch. */
export interface RepositoryRecord {
  readonly name: RepositoryName;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly manifestCount: number;
  readonly tagCount: number;
  readonly attributes: Attributes;
}

/** A tag as `/acr/v1` shows it. */
export interface TagRecord {
  readonly tag: Tag;
  readonly digest: Digest;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly attributes: Attributes;
}

/** A manifest as `/acr/v1` shows it, without its bytes. Sizes are in bytes. */
export interface ManifestRecord {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  /** See `Manifest.imageSize`. */
  readonly imageSize: number;
  readonly artifactType?: string;
  readonly architecture?: string;
  readonly os?: string;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly attributes: Attributes;
  readonly tags: readonly Tag[];
}

/** A manifest ready to be served. `readable` is false where a lock of it, of the tag asked for, or of the repository forbids pulling. */
export interface ServedManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly content: Buffer;
  readonly readable: boolean;
}

/** A blob that a repository links. `readable` is false where the repository forbids pulling. */
export interface LinkedBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly locator: Locator;
  readonly readable: boolean;
}

/** One page of a list: `more` says that entries follow the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly more: boolean;
}

/** Where a page starts and how many entries it has at most; 0 asks for none. */
export interface PageRequest {
  /** The last entry of the page before; it need not exist any more. */
  readonly last?: string;
  readonly limit: number;
}

/** The order of a `/acr/v1` list: by name, or by the time of the last change. */
export type ListOrder = 'name' | 'timeasc' | 'timedesc';

/** An unfinished upload session as the metadata knows it. */
export interface UploadRecord {
  readonly id: UploadId;
  readonly repository: RepositoryKey;
  readonly algorithm: DigestAlgorithm;
  readonly startedMs: number;
}

/** Durable bytes to be linked to a repository; `size` is in bytes, `upload` the session that brought them. */
export interface BlobToLink {
  readonly repository: RepositoryKey;
  readonly digest: Digest;
  readonly size: number;
  readonly locator: Locator;
  readonly upload: UploadId;
  readonly nowMs: number;
}

/** What asked for a change, as those who are told of the change learn it. */
export interface Occasion {
  /** The correlation id of the request. */
  readonly request: string;
  /** The login server that was called. */
  readonly host: string;
  readonly method: string;
  readonly userAgent: string;
  /** The address of the client; empty where the change was made for an operation of the server. */
  readonly address: string;
  readonly nowMs: number;
}

/** A change of content that somebody is to be told of; kept in the transaction that made the change. */
export interface ContentEvent {
  /** Rises with every event. */
  readonly sequence: number;
  /** Random, never reused. */
  readonly id: string;
  readonly action: 'push' | 'delete';
  readonly repository: RepositoryKey;
  /** Absent where a whole repository was deleted. */
  readonly digest?: Digest;
  readonly tag?: Tag;
  readonly mediaType?: string;
  /** Of the manifest, in bytes. */
  readonly size?: number;
  readonly occasion: Occasion;
}

/** A manifest to be stored, all of it checked: `digest` is that of `content`. */
export interface ManifestToPut {
  readonly repository: RepositoryKey;
  readonly digest: Digest;
  readonly content: Uint8Array;
  readonly manifest: Manifest;
  /** Tags that will name it; none when it is put by digest alone. */
  readonly tags: readonly Tag[];
  /** From the image's config, where it says so. */
  readonly architecture?: string;
  readonly os?: string;
  /** Whether content it names may be absent (a sparse index or image). */
  readonly allowSparse: boolean;
  readonly nowMs: number;
  /** Given where somebody is to be told of it: one event for each tag, or one where there is none. */
  readonly occasion?: Occasion;
}

/** What a lock that stands in the way protects. */
export type Locked = {
  readonly kind: 'locked';
  readonly what: 'repository' | 'manifest' | 'tag';
  readonly name: string;
};
/** The repository is not known. */
export type RepositoryUnknown = { readonly kind: 'repository-unknown' };
/** The manifest or tag is not known to the repository. */
export type ManifestUnknown = { readonly kind: 'manifest-unknown' };

/** The outcome of storing a manifest. */
export type PutManifestOutcome =
  | { readonly kind: 'stored'; readonly created: boolean }
  | { readonly kind: 'references-unknown'; readonly digests: readonly Digest[] }
  | Locked;
/** The outcome of linking an uploaded blob. `spare` is set when the bytes were there already: the new ones are not used. */
export type LinkBlobOutcome = { readonly kind: 'linked'; readonly spare?: Locator } | Locked;
/** The outcome of mounting. */
export type MountBlobOutcome = { readonly kind: 'mounted' } | { readonly kind: 'blob-unknown' } | Locked;
/** The outcome of removing a repository's link to a blob. */
export type UnlinkBlobOutcome =
  | { readonly kind: 'unlinked' }
  | { readonly kind: 'blob-unknown' }
  | RepositoryUnknown
  | Locked;
/** The outcome of deleting a manifest (with its tags) or one tag. */
export type DeleteOutcome =
  | { readonly kind: 'deleted'; readonly manifests: readonly Digest[]; readonly tags: readonly Tag[] }
  | ManifestUnknown
  | RepositoryUnknown
  | Locked;
/** The outcome of changing attributes: the record as it is now. */
export type UpdateOutcome<T> = { readonly kind: 'updated'; readonly record: T } | ManifestUnknown | RepositoryUnknown;

/** How much a registry holds. Bytes count a blob once however many repositories link it. */
export interface Usage {
  readonly bytes: number;
  readonly repositories: number;
  readonly manifests: number;
  readonly tags: number;
}

/** A manifest that was deleted where soft delete is on; it can be restored until it is purged. Sizes are in bytes. */
export interface DeletedManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly imageSize: number;
  readonly createdMs: number;
  readonly deletedMs: number;
  /** The tags that went with it, or before it. */
  readonly tags: readonly Tag[];
}

/** A tag that was deleted where soft delete is on. */
export interface DeletedTag {
  readonly tag: Tag;
  readonly digest: Digest;
  readonly deletedMs: number;
}

/** What is put back: a deleted manifest, and a tag with it; `force` moves a tag that names another manifest by now. */
export interface RestoreRequest {
  readonly key: RepositoryKey;
  readonly digest: Digest;
  readonly tag?: Tag;
  readonly force: boolean;
  readonly nowMs: number;
}

/** The outcome of restoring. */
export type RestoreOutcome =
  | { readonly kind: 'restored' }
  | { readonly kind: 'tag-exists'; readonly digest: Digest }
  | ManifestUnknown
  | Locked;

/** How something is deleted: for good, or `softly`, so that it can be restored. */
export interface DeleteOptions {
  readonly occasion?: Occasion;
  readonly softly?: boolean;
}

/** Where a walk over the links has come to; opaque. */
export interface LinkCursor {
  readonly repository: number;
  readonly blob: number;
}

/** A repository's link to a blob, with what the collection judges it by (`decide/collect.ts`). `size` is in bytes. */
export interface LinkToJudge {
  readonly repository: RepositoryKey;
  readonly digest: Digest;
  readonly size: number;
  readonly named: boolean;
  readonly held: boolean;
  readonly condemned?: number;
}

/** Some links; `next` is absent at the end. */
export interface LinkPage {
  readonly links: readonly LinkToJudge[];
  readonly next?: LinkCursor;
}

/** Links of one repository to be judged in a pass. `busy` says that a push is under way there without a session. */
export interface LinksToCollect {
  readonly repository: RepositoryKey;
  readonly digests: readonly Digest[];
  readonly pass: number;
  readonly busy: boolean;
}

/** How many links were condemned and removed, and the bytes that nothing links any more. */
export interface CollectedLinks {
  readonly condemned: number;
  readonly unlinked: number;
  readonly freedBytes: number;
}

/** A blob as it is kept, for whoever looks at all of them. */
export interface KeptBlob {
  readonly id: number;
  readonly digest: Digest;
  readonly size: number;
  readonly locator: Locator;
  readonly damaged: boolean;
}

/** A manifest as it is kept, for whoever looks at all of them. */
export interface KeptManifest {
  readonly id: number;
  readonly repository: RepositoryKey;
  readonly digest: Digest;
  readonly content: Uint8Array;
}

/** A manifest that names a blob. */
export interface BlobUser {
  readonly repository: RepositoryKey;
  readonly manifest: Digest;
  readonly tags: readonly Tag[];
}

/**
 * What content there is and what it is called. One call is one transaction; an acknowledged change survives kill -9 and
 * power loss, save that upload sessions may be lost to a power failure (their clients start again). Lists show only
 * what `listEnabled` allows; every method but the ones for lists ignores `listEnabled`.
 */
export interface MetadataStore extends AsyncDisposable {
  repository(key: RepositoryKey): Promise<RepositoryRecord | undefined>;
  repositories(registry: RegistryUid, page: PageRequest): Promise<Page<RepositoryName>>;
  updateRepository(
    key: RepositoryKey,
    change: Partial<Attributes>,
    nowMs: number,
  ): Promise<UpdateOutcome<RepositoryRecord>>;
  /** Deletes a repository with everything in it; refused when it or anything in it is locked. */
  deleteRepository(key: RepositoryKey, nowMs: number, options?: DeleteOptions): Promise<DeleteOutcome>;
  usage(registry: RegistryUid): Promise<Usage>;

  /** A blob of a repository; `undefined` too when it is damaged, or garbage that the collection has condemned. */
  blob(key: RepositoryKey, digest: Digest): Promise<LinkedBlob | undefined>;
  /** The same, condemned or not: for a push that names what it was promised. */
  promisedBlob(key: RepositoryKey, digest: Digest): Promise<LinkedBlob | undefined>;
  /** Links durable bytes to a repository (made when absent) and ends the upload session. Bytes not used are condemned. */
  linkBlob(link: BlobToLink): Promise<LinkBlobOutcome>;
  /** Links a blob of another repository of the same registry. */
  mountBlob(from: RepositoryKey, to: RepositoryKey, digest: Digest, nowMs: number): Promise<MountBlobOutcome>;
  /** The same of any registry: for whoever has asked about it himself. The bytes are kept once. */
  shareBlob(from: RepositoryKey, to: RepositoryKey, digest: Digest, nowMs: number): Promise<MountBlobOutcome>;
  unlinkBlob(key: RepositoryKey, digest: Digest): Promise<UnlinkBlobOutcome>;

  startUpload(upload: UploadRecord): Promise<void>;
  /** The session, when it belongs to this very repository. */
  upload(key: RepositoryKey, id: UploadId): Promise<UploadRecord | undefined>;
  uploads(): Promise<readonly UploadRecord[]>;
  endUpload(id: UploadId): Promise<void>;

  /** A manifest with its bytes, by tag or digest; answered from memory when it is hot. */
  manifest(key: RepositoryKey, reference: Reference): Promise<ServedManifest | undefined>;
  manifestRecord(key: RepositoryKey, digest: Digest): Promise<ManifestRecord | undefined>;
  putManifest(put: ManifestToPut): Promise<PutManifestOutcome>;
  /** Deletes a manifest with every tag that names it. */
  deleteManifest(key: RepositoryKey, digest: Digest, nowMs: number, options?: DeleteOptions): Promise<DeleteOutcome>;
  /**
   * Deletes a manifest that no tag and no index names, that is attached to no manifest that is there, and that has not
   * changed since `beforeMs`; false when it is otherwise, or locked.
   */
  retireManifest(
    key: RepositoryKey,
    digest: Digest,
    when: { readonly beforeMs: number; readonly nowMs: number; readonly occasion?: Occasion },
  ): Promise<boolean>;
  /** Manifests that {@link retireManifest} would delete and that changed last at `sinceMs` or later, the oldest first. */
  unneededManifests(
    key: RepositoryKey,
    when: { readonly sinceMs: number; readonly beforeMs: number },
    limit: number,
  ): Promise<readonly Digest[]>;
  manifests(key: RepositoryKey, page: PageRequest, order: ListOrder): Promise<Page<ManifestRecord> | undefined>;
  updateManifest(
    key: RepositoryKey,
    digest: Digest,
    change: Partial<Attributes>,
  ): Promise<UpdateOutcome<ManifestRecord>>;
  /** Descriptors of the manifests whose subject is `subject`, in the order of their digests. */
  referrers(key: RepositoryKey, subject: Digest, page: PageRequest, artifactType?: string): Promise<Page<Descriptor>>;

  tag(key: RepositoryKey, tag: Tag): Promise<TagRecord | undefined>;
  /** `undefined` when the repository is unknown. `digest` narrows to the tags of one manifest. */
  tags(key: RepositoryKey, page: PageRequest, order: ListOrder, digest?: Digest): Promise<Page<TagRecord> | undefined>;
  deleteTag(
    key: RepositoryKey,
    tag: Tag,
    nowMs: number,
    options?: Pick<DeleteOptions, 'softly'>,
  ): Promise<DeleteOutcome>;
  updateTag(key: RepositoryKey, tag: Tag, change: Partial<Attributes>): Promise<UpdateOutcome<TagRecord>>;

  /** Events that nobody has taken yet, oldest first, at most `limit`. */
  events(limit: number): Promise<readonly ContentEvent[]>;
  /** Forgets every event up to a sequence. */
  forgetEvents(upTo: number): Promise<void>;

  /** Repositories in which something was deleted softly and not purged yet. */
  deletedRepositories(registry: RegistryUid, page: PageRequest): Promise<Page<RepositoryName>>;
  /** What was deleted softly from a repository, by digest; `undefined` where nothing was. */
  deletedManifests(key: RepositoryKey, page: PageRequest): Promise<Page<DeletedManifest> | undefined>;
  /** The same of tags, by name; the latest of a name last. */
  deletedTags(key: RepositoryKey, page: PageRequest): Promise<Page<DeletedTag> | undefined>;
  restore(request: RestoreRequest): Promise<RestoreOutcome>;
  /** Removes for good some of what was deleted softly at `beforeMs` or earlier; answers whether there is more. */
  purgeDeleted(registry: RegistryUid, beforeMs: number): Promise<boolean>;

  /** Begins a pass of the collection; answers its number, one above the last. */
  beginPass(): Promise<number>;
  /** The number of the newest pass; 0 before the first. */
  pass(): Promise<number>;
  /** Some links after a cursor, at most `limit`, each with what is known of it. */
  links(after: LinkCursor | undefined, limit: number): Promise<LinkPage>;
  /** Judges links of one repository by `decide/collect.ts`, and does as is judged. */
  collectLinks(request: LinksToCollect): Promise<CollectedLinks>;
  /** The registries that have content or uploads. */
  registries(): Promise<readonly RegistryUid[]>;
  /** Removes a part of everything that a registry has, locks or not; answers whether there is more. */
  eraseRegistry(registry: RegistryUid): Promise<boolean>;

  /** Some blobs after an id (0 for the first), at most `limit`. */
  blobs(after: number, limit: number): Promise<readonly KeptBlob[]>;
  /** How many blobs there are, and their bytes. */
  blobCount(): Promise<{ readonly blobs: number; readonly bytes: number }>;
  /** Marks bytes as damaged: the blob is as good as absent until it is pushed again. False when they are not in use. */
  markDamaged(digest: Digest, locator: Locator): Promise<boolean>;
  /** Takes that back, of bytes that turned out to be sound. */
  markSound(digest: Digest, locator: Locator): Promise<void>;
  /** Some manifests of all repositories after an id (0 for the first), at most `limit`. */
  keptManifests(after: number, limit: number): Promise<readonly KeptManifest[]>;
  /** The manifests that name a blob, at most `limit`. */
  blobUsers(digest: Digest, limit: number): Promise<readonly BlobUser[]>;

  /** Resolves when every change before it survives power loss; of {@link collectLinks} and {@link eraseRegistry}, nothing else does. */
  settle(): Promise<void>;

  /** Locators that nothing links any more, oldest first, at most `limit`: their bytes may be removed. */
  trash(limit: number): Promise<readonly Locator[]>;
  /** Forgets locators whose bytes have been removed. */
  emptyTrash(locators: readonly Locator[]): Promise<void>;
  /** Those of `locators` that neither a blob nor the trash names. */
  unknownLocators(locators: readonly Locator[]): Promise<readonly Locator[]>;
}
