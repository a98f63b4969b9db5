import type { Digest } from '../../oci/digest.ts';
import type { Reference, RepositoryName } from '../../oci/reference.ts';

/** A manifest as its source has it, byte for byte. */
export interface SourceManifest {
  readonly content: Buffer;
  /** The `Content-Type` it came with. */
  readonly mediaType: string;
}

/** Where images are taken from. Methods throw {@link ImportError} for what the person who asked can mend. */
export interface Source {
  manifest(repository: RepositoryName, reference: Reference): Promise<SourceManifest>;
  /** Brings one blob to the target; the bytes are checked against the digest there. */
  blob(blob: {
    readonly repository: RepositoryName;
    readonly digest: Digest;
    readonly target: Target;
    readonly to: RepositoryName;
  }): Promise<void>;
}

/** The registry that images are brought to. */
export interface Target {
  hasBlob(repository: RepositoryName, digest: Digest): Promise<boolean>;
  /** Keeps bytes under their digest. Throws {@link ImportError} when they are other bytes, or too many. */
  putBlob(repository: RepositoryName, digest: Digest, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** Makes a blob of another registry of this server one of this repository; false when it is not there. */
  shareBlob(
    from: { readonly registry: string; readonly name: RepositoryName },
    to: RepositoryName,
    digest: Digest,
  ): Promise<boolean>;
}

/** Why an import failed, for the person who asked for it. */
export class ImportError extends Error {
  override name = 'ImportError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
