import type { Digest } from '../../oci/digest.ts';
import type { RepositoryName, Tag } from '../../oci/reference.ts';
import type { Attributes, DeleteOutcome, Locked } from '../port.ts';
import { refusesDelete } from './lock.ts';

/** A repository, with the attributes it has; those are absent when it does not exist. */
export interface RepositoryFacts {
  readonly name: RepositoryName;
  readonly attributes?: Attributes;
}

/** A tag with its attributes. */
export interface TagFacts {
  readonly name: Tag;
  readonly attributes: Attributes;
}

/** A manifest with its attributes and every tag that names it. */
export interface ManifestFacts {
  readonly digest: Digest;
  readonly attributes: Attributes;
  readonly tags: readonly TagFacts[];
}

/** Whether one tag is deleted. The manifest it names stays, and its locks do not matter. */
export function decideDeleteTag(repository: RepositoryFacts, tag: TagFacts | undefined): DeleteOutcome {
  const refusal = refuseIn(repository);
  if (refusal !== undefined) return refusal;
  if (tag === undefined) return { kind: 'manifest-unknown' };
  return refusesDelete({ what: 'tag', ...tag }) ?? { kind: 'deleted', manifests: [], tags: [tag.name] };
}

/** Whether a manifest is deleted with all its tags: one locked tag keeps it. */
export function decideDeleteManifest(repository: RepositoryFacts, manifest: ManifestFacts | undefined): DeleteOutcome {
  const refusal = refuseIn(repository);
  if (refusal !== undefined) return refusal;
  if (manifest === undefined) return { kind: 'manifest-unknown' };
  const { digest, attributes, tags } = manifest;
  const locked =
    refusesDelete({ what: 'manifest', name: digest, attributes }) ??
    first(tags, (tag) => refusesDelete({ what: 'tag', ...tag }));
  return locked ?? { kind: 'deleted', manifests: [digest], tags: tags.map((tag) => tag.name) };
}

/** Whether a repository is deleted with everything in it: one lock on anything in it, `within`, keeps it. */
export function decideDeleteRepository(
  repository: RepositoryFacts,
  within: Locked | undefined,
): Locked | { readonly kind: 'repository-unknown' } | { readonly kind: 'delete' } {
  return refuseIn(repository) ?? within ?? { kind: 'delete' };
}

function refuseIn({ name, attributes }: RepositoryFacts): Locked | { readonly kind: 'repository-unknown' } | undefined {
  if (attributes === undefined) return { kind: 'repository-unknown' };
  return refusesDelete({ what: 'repository', name, attributes });
}

function first(tags: readonly TagFacts[], judge: (tag: TagFacts) => Locked | undefined): Locked | undefined {
  for (const tag of tags) {
    const refusal = judge(tag);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
