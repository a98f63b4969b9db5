import { algorithmOf, type Digest } from '../oci/digest.ts';
import { type Locked, NoSpaceError, type Part, PartTooLargeError, type RepositoryKey } from '../store/port.ts';
import type { RegistryServices } from './call.ts';
import { noSpace } from './refusal.ts';

/** A blob that comes otherwise than by a client's upload. */
export interface BlobToKeep {
  readonly repository: RepositoryKey;
  readonly digest: Digest;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** The largest that is taken, in bytes. */
  readonly limit: number;
  readonly nowMs: number;
}

/** The outcome of keeping a blob; nothing is kept where it is not `linked`. */
export type KeptBlob =
  | { readonly kind: 'linked' }
  | { readonly kind: 'wrong-digest'; readonly received: Digest }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'no-space' }
  | Locked;

/** Keeps a blob whole: the bytes durable first, then the link (invariant 11). Throws what `bytes` throws. */
export async function keepBlob(services: RegistryServices, blob: BlobToKeep): Promise<KeptBlob> {
  const { uploads, metadata } = services;
  using _ = uploads.hold(blob.repository);
  const single = await uploads.single(algorithmOf(blob.digest)).catch(noSpace);
  if ('kind' in single) return single;
  const { id, part } = single;
  let ended = false;
  try {
    const failure = await receive(part, blob);
    if (failure !== undefined) return failure;
    const size = part.offset;
    ended = true;
    const locator = await part.commit().catch(noSpace);
    if (typeof locator === 'object') return locator;
    const { repository, digest, nowMs } = blob;
    const link = { repository, digest, size, locator, upload: id, nowMs };
    const outcome = await metadata.linkBlob(link).catch(noSpace);
    if (outcome.kind === 'no-space') await services.bytes.remove(locator);
    await services.bytes.removePart(id);
    return outcome.kind === 'linked' ? { kind: 'linked' } : outcome;
  } finally {
    if (!ended) await part.discard();
    uploads.finished(id);
  }
}

async function receive(part: Part, { bytes, limit, digest }: BlobToKeep): Promise<KeptBlob | undefined> {
  try {
    await part.append(bytes, limit);
  } catch (error) {
    if (error instanceof PartTooLargeError) return { kind: 'too-large' };
    if (error instanceof NoSpaceError) return { kind: 'no-space' };
    throw error;
  }
  const actual = await part.digest(algorithmOf(digest));
  return actual === digest ? undefined : { kind: 'wrong-digest', received: actual };
}
