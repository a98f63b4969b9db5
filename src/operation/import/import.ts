import { createHash } from 'node:crypto';
import { algorithmOf, type Digest, digestOf } from '../../oci/digest.ts';
import { type Manifest, parseManifest, referencesOf } from '../../oci/manifest.ts';
import type { Reference, RepositoryName, Tag } from '../../oci/reference.ts';
import type { ImportRequest } from './request.ts';
import { ImportError, type Source, type SourceManifest, type Target } from './source.ts';

/** How deep an index may name indexes. */
const MAX_DEPTH = 5;

/** A target that manifests can be stored in. */
export interface ManifestTarget extends Target {
  hasTag(repository: RepositoryName, tag: Tag): Promise<boolean>;
  hasManifest(repository: RepositoryName, digest: Digest): Promise<boolean>;
  /** Stores a manifest whose content is there. Throws {@link ImportError} where a lock forbids it. */
  putManifest(repository: RepositoryName, manifest: ReceivedManifest, tags: readonly Tag[]): Promise<void>;
}

/** A manifest that is what it says it is. */
export interface ReceivedManifest {
  readonly content: Buffer;
  readonly digest: Digest;
  readonly manifest: Manifest;
}

/**
 * Brings an image from its source to every place that was asked for: what it names first, itself last, so that nobody
 * pulls half of it. Done again it finds what is there and goes on. Throws {@link ImportError}.
 */
export async function importImage(request: ImportRequest, source: Source, target: ManifestTarget): Promise<void> {
  await refuseTaken(request, target);
  const root = received(await source.manifest(request.repository, request.reference), request.reference);
  const repositories = new Set([...request.tags.map(({ repository }) => repository), ...request.untagged]);
  for (const to of repositories) {
    const tags = request.tags.filter(({ repository }) => repository === to).map(({ tag }) => tag);
    await bring({ source, target, from: request.repository, to }, root, { tags, depth: 0 });
  }
}

/** Without force a tag that is there stays what it is. */
export async function refuseTaken(
  { force, tags }: ImportRequest,
  target: Pick<ManifestTarget, 'hasTag'>,
): Promise<void> {
  if (force) return;
  for (const { repository, tag } of tags)
    if (await target.hasTag(repository, tag))
      throw new ImportError(
        'Conflict',
        `Tag ${repository}:${tag} already exists in target registry. Import with --force to move it.`,
      );
}

interface Way {
  readonly source: Source;
  readonly target: ManifestTarget;
  readonly from: RepositoryName;
  readonly to: RepositoryName;
}

async function bring(
  way: Way,
  one: ReceivedManifest,
  { tags, depth }: { readonly tags: readonly Tag[]; readonly depth: number },
): Promise<void> {
  const { source, target, from, to } = way;
  if (depth === MAX_DEPTH)
    throw new ImportError('SourceImageInvalid', `The image names indexes more than ${MAX_DEPTH} deep.`);
  const { blobs, manifests } = referencesOf(one.manifest);
  for (const digest of manifests) {
    if (await target.hasManifest(to, digest)) continue;
    const reference: Reference = { kind: 'digest', digest };
    await bring(way, received(await source.manifest(from, reference), reference), { tags: [], depth: depth + 1 });
  }
  for (const digest of blobs)
    if (!(await target.hasBlob(to, digest))) await source.blob({ repository: from, digest, target, to });
  await target.putManifest(to, one, tags);
}

function received({ content, mediaType }: SourceManifest, reference: Reference): ReceivedManifest {
  const algorithm = reference.kind === 'digest' ? algorithmOf(reference.digest) : 'sha256';
  const digest = digestOf(algorithm, createHash(algorithm).update(content).digest('hex'));
  if (reference.kind === 'digest' && digest !== reference.digest)
    throw new ImportError(
      'SourceImageInvalid',
      `The source answered ${digest} where ${reference.digest} was asked for.`,
    );
  const manifest = parseManifest(content, mediaType);
  if (typeof manifest === 'string')
    throw new ImportError('SourceImageInvalid', `The manifest ${digest} cannot be imported: ${manifest}.`);
  return { content, digest, manifest };
}
