import type { Digest } from '../../oci/digest.ts';
import type { RepositoryName } from '../../oci/reference.ts';
import type { Attributes, Locator, Locked, MountBlobOutcome, RepositoryUnknown, UnlinkBlobOutcome } from '../port.ts';
import { refusesDelete, refusesWrite } from './lock.ts';

/** What to do about bytes that were uploaded: use them, use the same bytes that are there already, or heal those. */
export type LinkBlobChanges =
  | { readonly kind: 'use-new' }
  | { readonly kind: 'use-known'; readonly spare: Locator }
  | { readonly kind: 'heal'; readonly spare: Locator }
  | { readonly kind: 'refuse'; readonly refusal: Locked; readonly spare: Locator };

/** Whether uploaded bytes are linked. Those that are not used (`spare`) are condemned in the same transaction. */
export function decideLinkBlob(
  facts: { readonly repository?: Attributes; readonly known?: KnownBytes },
  request: { readonly repository: RepositoryName; readonly locator: Locator },
): LinkBlobChanges {
  const { repository: attributes, known } = facts;
  const refusal = attributes && refusesWrite({ what: 'repository', name: request.repository, attributes });
  if (refusal !== undefined) return { kind: 'refuse', refusal, spare: request.locator };
  if (known === undefined) return { kind: 'use-new' };
  return known.damaged ? { kind: 'heal', spare: known.locator } : { kind: 'use-known', spare: request.locator };
}

/** Bytes that are there already; damaged ones are not what their digest says. */
export interface KnownBytes {
  readonly locator: Locator;
  readonly damaged: boolean;
}

/** Whether a blob is linked from another repository: one that forbids pulling lends nothing. */
export function decideMountBlob(
  facts: { readonly from?: Attributes; readonly linked: boolean; readonly to?: Attributes },
  to: RepositoryName,
): MountBlobOutcome {
  const refusal = facts.to && refusesWrite({ what: 'repository', name: to, attributes: facts.to });
  if (refusal !== undefined) return refusal;
  return facts.linked && facts.from?.readEnabled ? { kind: 'mounted' } : { kind: 'blob-unknown' };
}

/** What must be known to decide whether a link is removed. */
export interface UnlinkBlobFacts {
  readonly repository?: Attributes;
  readonly linked: boolean;
  /** A manifest of the repository that names the blob and is locked, when there is one. */
  readonly lockedManifest?: Digest;
}

/** Whether a repository's link to a blob is removed: not from a locked image, nor from a locked repository. */
export function decideUnlinkBlob(facts: UnlinkBlobFacts, name: RepositoryName): UnlinkBlobOutcome {
  const { repository: attributes, lockedManifest } = facts;
  if (attributes === undefined) return { kind: 'repository-unknown' } satisfies RepositoryUnknown;
  const refusal = refusesDelete({ what: 'repository', name, attributes });
  if (refusal !== undefined) return refusal;
  if (!facts.linked) return { kind: 'blob-unknown' };
  if (lockedManifest !== undefined) return { kind: 'locked', what: 'manifest', name: lockedManifest };
  return { kind: 'unlinked' };
}
