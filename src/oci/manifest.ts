import { type Descriptor, isJsonObject, type JsonObject, parseAnnotations, parseDescriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { nestsDeeperThan } from './json-depth.ts';
import {
  essence,
  isIndexType,
  isNonDistributable,
  type ManifestMediaType,
  MEDIA_TYPE,
  parseManifestMediaType,
} from './media-type.ts';

/** The largest manifest accepted, in bytes (facts/acr.md §1.2; distribution-spec asks for at least 4 megabytes). */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** How deep a manifest's JSON may nest; images and artifacts need five levels. */
const MAX_DEPTH = 64;

/** What a manifest says of itself and of other content, as far as the registry acts on it. */
export interface Manifest {
  readonly mediaType: ManifestMediaType;
  readonly kind: 'image' | 'index';
  /** The manifest's own artifact type, or an image's config type (distribution-spec, "Listing Referrers"). */
  readonly artifactType?: string;
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly config?: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly manifests: readonly Descriptor[];
  /** The bytes of everything the manifest names: config and layers of an image, or an index's manifests. */
  readonly imageSize: number;
}

/** The content that must be in the repository before a manifest is accepted. */
export interface ManifestReferences {
  readonly blobs: readonly Digest[];
  readonly manifests: readonly Digest[];
}

/**
 * Reads a manifest of at most {@link MAX_MANIFEST_BYTES}. A string says what is wrong with it. `contentType` is the
 * request's header; where it is absent or says only JSON, the manifest's own `mediaType` decides.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): Manifest | string {
  const json = parseJsonObject(bytes);
  if (typeof json === 'string') return json;
  const mediaType = decideMediaType(json, contentType);
  if (typeof mediaType === 'object') return mediaType.problem;
  if (json['schemaVersion'] !== 2) return `schemaVersion is ${JSON.stringify(json['schemaVersion'])}, must be 2`;
  return isIndexType(mediaType) ? parseIndex(json, mediaType) : parseImage(json, mediaType);
}

/** What a manifest needs to be present: its subject and non-distributable layers are not among it. */
export function referencesOf(manifest: Manifest): ManifestReferences {
  const blobs = new Set<Digest>();
  if (manifest.config !== undefined) blobs.add(manifest.config.digest);
  for (const layer of manifest.layers) if (!isNonDistributable(layer.mediaType)) blobs.add(layer.digest);
  return { blobs: [...blobs], manifests: [...new Set(manifest.manifests.map((entry) => entry.digest))] };
}

function parseJsonObject(bytes: Uint8Array): JsonObject | string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return 'the manifest is not UTF-8 text';
  }
  if (nestsDeeperThan(text, MAX_DEPTH)) return `the manifest nests deeper than ${MAX_DEPTH} levels`;
  try {
    const json: unknown = JSON.parse(text);
    return isJsonObject(json) ? json : 'the manifest is not a JSON object';
  } catch {
    return 'the manifest is not JSON';
  }
}

function decideMediaType(json: JsonObject, contentType: string | undefined): ManifestMediaType | { problem: string } {
  const declared = json['mediaType'];
  if (declared !== undefined && typeof declared !== 'string') return { problem: 'mediaType is not a string' };
  const header = contentType === undefined ? '' : essence(contentType);
  const stated = header === '' || header === MEDIA_TYPE.json || header === MEDIA_TYPE.octetStream ? declared : header;
  if (declared !== undefined && declared !== '' && stated !== declared)
    return { problem: `mediaType is ${declared}, but the Content-Type header says ${header}` };
  const mediaType = parseManifestMediaType(stated ?? '');
  if (mediaType !== undefined) return mediaType;
  return { problem: `media type ${JSON.stringify(stated ?? '')} is not an OCI or Docker schema 2 manifest or index` };
}

function parseImage(json: JsonObject, mediaType: ManifestMediaType): Manifest | string {
  if (json['manifests'] !== undefined) return 'an image manifest must not have manifests';
  const config = parseDescriptor(json['config']);
  if (typeof config === 'string') return `config ${config}`;
  const layers = parseList(json['layers'], 'layers');
  if (typeof layers === 'string') return layers;
  const common = parseCommon(json);
  if (typeof common === 'string') return common;
  const imageSize = sumSizes([config, ...layers]);
  if (typeof imageSize === 'string') return imageSize;
  return {
    artifactType: config.mediaType,
    ...common,
    mediaType,
    kind: 'image',
    config,
    layers,
    manifests: [],
    imageSize,
  };
}

function parseIndex(json: JsonObject, mediaType: ManifestMediaType): Manifest | string {
  if (json['layers'] !== undefined || json['config'] !== undefined) return 'an index must not have a config or layers';
  const manifests = parseList(json['manifests'], 'manifests');
  if (typeof manifests === 'string') return manifests;
  const common = parseCommon(json);
  if (typeof common === 'string') return common;
  const imageSize = sumSizes(manifests);
  if (typeof imageSize === 'string') return imageSize;
  return { ...common, mediaType, kind: 'index', layers: [], manifests, imageSize };
}

function parseList(value: unknown, name: string): Descriptor[] | string {
  if (!Array.isArray(value)) return `${name} is not a list`;
  const list: Descriptor[] = [];
  for (const [i, item] of value.entries()) {
    const descriptor = parseDescriptor(item);
    if (typeof descriptor === 'string') return `${name}[${i}] ${descriptor}`;
    list.push(descriptor);
  }
  return list;
}

/** Every size is exact by itself; a sum that is not could not be stored and read again. */
function sumSizes(list: readonly Descriptor[]): number | string {
  const sum = list.reduce((total, { size }) => total + size, 0);
  return Number.isSafeInteger(sum) ? sum : `the sizes add up to more than ${Number.MAX_SAFE_INTEGER} bytes`;
}

function parseCommon(json: JsonObject): Pick<Manifest, 'artifactType' | 'subject' | 'annotations'> | string {
  const { artifactType } = json;
  if (artifactType !== undefined && typeof artifactType !== 'string') return 'artifactType is not a string';
  const annotations = parseAnnotations(json['annotations']);
  if (typeof annotations === 'string') return `the manifest ${annotations}`;
  const subject =
    json['subject'] === undefined || json['subject'] === null ? undefined : parseDescriptor(json['subject']);
  if (typeof subject === 'string') return `subject ${subject}`;
  return {
    ...(artifactType === undefined || artifactType === '' ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(subject === undefined ? {} : { subject }),
  };
}
