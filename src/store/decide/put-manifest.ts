import type { Digest } from '../../oci/digest.ts';
import type { RepositoryName, Tag } from '../../oci/reference.ts';
import type { Attributes, Locked, PutManifestOutcome } from '../port.ts';
import { refusesWrite } from './lock.ts';

/** What must be known to decide whether a manifest is stored. */
export interface PutManifestFacts {
  /** Absent when the repository does not exist. */
  readonly repository?: Attributes;
  /** Absent when the repository does not have the manifest. */
  readonly manifest?: Attributes;
  /** Those of the tags asked for that exist. */
  readonly tags: ReadonlyMap<Tag, { readonly digest: Digest; readonly attributes: Attributes }>;
  /** The content it names that the repository does not have. */
  readonly missing: readonly Digest[];
  /** The blobs it names whose links the collection has condemned and not yet removed. */
  readonly condemned: readonly Digest[];
}

/** What is asked. */
export interface PutManifestRequest {
  readonly repository: RepositoryName;
  readonly digest: Digest;
  readonly tags: readonly Tag[];
  readonly allowSparse: boolean;
}

/** What to change; a thing that is there and locked is left as it is. */
export interface PutManifestChanges {
  readonly kind: 'store';
  readonly manifest: 'create' | 'touch' | 'leave';
  readonly createTags: readonly Tag[];
  /** Tags that will name this manifest from now on, or name it already. */
  readonly pointTags: readonly Tag[];
  /** Blobs whose links the manifest takes back from the collection. */
  readonly pardon: readonly Digest[];
}

/**
 * Whether a manifest is stored, and its tags with it. A locked repository takes nothing; a locked tag cannot be moved;
 * a locked manifest may be pushed again as it is, under any tag that is not locked (facts/acr.md §3.4).
 */
export function decidePutManifest(
  facts: PutManifestFacts,
  request: PutManifestRequest,
): PutManifestChanges | Exclude<PutManifestOutcome, { kind: 'stored' }> {
  const locked = lockInTheWay(facts, request);
  if (locked !== undefined) return locked;
  if (facts.missing.length > 0 && !request.allowSparse) return { kind: 'references-unknown', digests: facts.missing };
  const tags = [...new Set(request.tags)];
  return {
    kind: 'store',
    manifest: facts.manifest === undefined ? 'create' : facts.manifest.writeEnabled ? 'touch' : 'leave',
    createTags: tags.filter((tag) => !facts.tags.has(tag)),
    pointTags: tags.filter((tag) => facts.tags.get(tag)?.attributes.writeEnabled),
    pardon: facts.condemned,
  };
}

function lockInTheWay(facts: PutManifestFacts, request: PutManifestRequest): Locked | undefined {
  const { repository } = facts;
  const locked = repository && refusesWrite({ what: 'repository', name: request.repository, attributes: repository });
  if (locked !== undefined) return locked;
  for (const [name, tag] of facts.tags) {
    const refusal = refusesWrite({ what: 'tag', name, attributes: tag.attributes });
    if (refusal !== undefined && tag.digest !== request.digest) return refusal;
  }
  return undefined;
}
