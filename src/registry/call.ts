import type { RepositoryAction } from '../access/action.ts';
import type { Incoming } from '../http/incoming.ts';
import type { RepositoryName } from '../oci/reference.ts';
import type {
  BlobReader,
  ByteStore,
  DeleteOptions,
  LinkedBlob,
  MetadataStore,
  Occasion,
  RegistryUid,
  RepositoryKey,
} from '../store/port.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** The settings of one registry that its data plane acts on. */
export interface RegistrySettings {
  readonly uid: RegistryUid;
  readonly name: string;
  /** The host name clients know it by, without a port. */
  readonly loginServer: string;
  /** Whether what is deleted can be restored (soft delete). */
  readonly softDelete: boolean;
  /** Whether a manifest may name content that is absent. */
  readonly allowSparseManifests: boolean;
  /** In bytes. */
  readonly maxBlobBytes: number;
}

/** What sees to it that no damaged blob is served whole (`store/verify`). */
export interface BlobGuard {
  /** The reader to serve from; `undefined` when the bytes are damaged, which makes the blob as good as absent. */
  guard(blob: LinkedBlob, reader: BlobReader, whole: boolean): Promise<BlobReader | undefined>;
  /** Takes note of bytes that are not there. */
  damaged(blob: LinkedBlob, damage: 'missing'): Promise<void>;
}

/** What all handlers work with. */
export interface RegistryServices {
  readonly metadata: MetadataStore;
  readonly bytes: ByteStore;
  readonly uploads: UploadSessions;
  readonly verifier: BlobGuard;
}

/** One authorised request to one registry. */
export interface Call {
  readonly services: RegistryServices;
  readonly registry: RegistrySettings;
  readonly incoming: Incoming;
  readonly nowMs: number;
  /** Where clients are sent for the bytes of the blob they ask for; absent where they are served here. */
  readonly blobLocation?: string;
  /** What webhooks learn of the request; absent where nobody is to be told. */
  readonly occasion?: Occasion;
  /** Whether the caller may also do this: for what a route's own `access` cannot name, such as a mount's source. */
  may(action: RepositoryAction, repository: RepositoryName): boolean;
}

/** The key of a repository of the registry that was called. */
export function keyOf(call: Call, name: RepositoryName): RepositoryKey {
  return { registry: call.registry.uid, name };
}

/** How something is deleted in the registry that was called. */
export function deletionOf(call: Call): DeleteOptions {
  return { ...occasionOf(call), softly: call.registry.softDelete };
}

/** The occasion of a change, for those calls that have one. */
export function occasionOf({ occasion }: Call): { readonly occasion?: Occasion } {
  return occasion === undefined ? {} : { occasion };
}
