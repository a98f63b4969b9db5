/** Content to test with. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type Digest, digestOf } from '../../oci/digest.ts';
import { parseManifest } from '../../oci/manifest.ts';
import { MEDIA_TYPE } from '../../oci/media-type.ts';
import { parseReference, parseRepositoryName, parseTag, type Reference, type Tag } from '../../oci/reference.ts';
import type { Locator, ManifestToPut, MetadataStore, RegistryUid, RepositoryKey, UploadId } from '../port.ts';

/** The registry that samples are in. */
export const REGISTRY = 'registry-1' as RegistryUid;

/** A repository of a registry. */
export function keyOf(name: string, registry = REGISTRY): RepositoryKey {
  const parsed = parseRepositoryName(name);
  assert.ok(parsed, `${name} is not a repository's name`);
  return { registry, name: parsed };
}

/** A tag. */
export function tagOf(text: string): Tag {
  const tag = parseTag(text);
  assert.ok(tag, `${text} is not a tag`);
  return tag;
}

/** A tag or digest to ask for. */
export function referenceOf(text: string): Reference {
  const reference = parseReference(text);
  assert.ok(reference, `${text} is no reference`);
  return reference;
}

/** The digest of bytes or text. */
export function sha256(content: string | Uint8Array): Digest {
  return digestOf('sha256', createHash('sha256').update(content).digest('hex'));
}

/** Links a blob with this text, at a locator of its own. Its size is that of the text. */
export async function linkText(store: MetadataStore, key: RepositoryKey, text: string, locator = `at-${text}`) {
  const outcome = await store.linkBlob({
    repository: key,
    digest: sha256(text),
    size: text.length,
    locator: locator as Locator,
    upload: `upload-${text}` as UploadId,
    nowMs: 1,
  });
  return { digest: sha256(text), outcome };
}

/** What a sample manifest is made of. */
export interface Sample {
  readonly config?: Digest;
  readonly layers?: readonly Digest[];
  readonly manifests?: readonly Digest[];
  readonly subject?: Digest;
  readonly artifactType?: string;
  readonly annotations?: Record<string, string>;
  readonly tags?: readonly string[];
  readonly allowSparse?: boolean;
  readonly nowMs?: number;
}

/** A manifest ready to be put: an index where it has `manifests`, else an image, sparse unless it says otherwise. */
export function toPut(repository: RepositoryKey, sample: Sample): ManifestToPut {
  const { manifests, tags = [], allowSparse = true, nowMs = 1 } = sample;
  const content = Buffer.from(JSON.stringify(manifests === undefined ? imageOf(sample) : indexOf(sample, manifests)));
  const manifest = parseManifest(content, undefined);
  assert.ok(typeof manifest === 'object');
  return { repository, digest: sha256(content), content, manifest, tags: tags.map(tagOf), allowSparse, nowMs };
}

function imageOf({ config = sha256('config'), layers = [], ...sample }: Sample): object {
  return {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: 10 },
    layers: layers.map((digest) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: 5 })),
    ...commonOf(sample),
  };
}

function indexOf(sample: Sample, manifests: readonly Digest[]): object {
  const entries = manifests.map((digest) => ({ mediaType: MEDIA_TYPE.ociManifest, digest, size: 7 }));
  return { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: entries, ...commonOf(sample) };
}

function commonOf({ subject, artifactType, annotations }: Sample): object {
  return {
    ...(subject && { subject: { mediaType: MEDIA_TYPE.ociManifest, digest: subject, size: 7 } }),
    ...(artifactType && { artifactType }),
    ...(annotations && { annotations }),
  };
}
