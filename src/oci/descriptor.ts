import { type Digest, parseDigest } from './digest.ts';

/** The platform that an entry of an index is for (image-spec, image-index.md). */
export interface Platform {
  readonly architecture?: string;
  readonly os?: string;
}

/** A typed, sized reference to content (image-spec, descriptor.md). `size` is in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
}

/** A plain JSON object, as `JSON.parse` makes it. */
export type JsonObject = { readonly [key: string]: unknown };

/** Whether a parsed JSON value is an object, not an array and not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads a descriptor; a string says which property of it is wrong, its value and what is allowed. */
export function parseDescriptor(value: unknown): Descriptor | string {
  if (!isJsonObject(value)) return 'is not an object';
  const { mediaType, size, digest: digestText, artifactType } = value;
  if (typeof mediaType !== 'string' || mediaType === '') return 'has no mediaType';
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    return `has size ${JSON.stringify(size)}, not a number of bytes`;
  const digest = typeof digestText === 'string' ? parseDigest(digestText) : undefined;
  if (digest === undefined) return `has digest ${JSON.stringify(digestText)}, not sha256:<64 hex> or sha512:<128 hex>`;
  const annotations = parseAnnotations(value['annotations']);
  if (typeof annotations === 'string') return annotations;
  return {
    mediaType,
    size,
    digest,
    ...(typeof artifactType === 'string' && artifactType !== '' ? { artifactType } : {}),
    ...(annotations === undefined ? {} : { annotations }),
    ...parsePlatform(value['platform']),
  };
}

/** Reads a map of strings to strings; a string says what is wrong. */
export function parseAnnotations(value: unknown): Readonly<Record<string, string>> | undefined | string {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) return 'has annotations that are not an object';
  for (const [key, text] of Object.entries(value))
    if (typeof text !== 'string') return `has annotation ${JSON.stringify(key)} whose value is not a string`;
  return value as Readonly<Record<string, string>>;
}

function parsePlatform(value: unknown): { platform?: Platform } {
  if (!isJsonObject(value)) return {};
  const { architecture, os } = value;
  return {
    platform: {
      ...(typeof architecture === 'string' ? { architecture } : {}),
      ...(typeof os === 'string' ? { os } : {}),
    },
  };
}
