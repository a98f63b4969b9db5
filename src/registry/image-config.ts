import { isJsonObject } from '../oci/descriptor.ts';
import type { Manifest } from '../oci/manifest.ts';
import type { ByteStore, MetadataStore, RepositoryKey } from '../store/port.ts';

/** The largest image config that is read to learn what the image was built for, in bytes. */
const MAX_CONFIG_BYTES = 1024 * 1024;

const CONFIG_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);

/** What an image was built for, as its config says (image-spec, config.md). */
export interface Built {
  readonly architecture?: string;
  readonly os?: string;
}

/** Reads what an image was built for; nothing when it has no image config, or one that is absent, large or malformed. */
export async function builtFor(
  manifest: Manifest,
  repository: RepositoryKey,
  store: { readonly metadata: MetadataStore; readonly bytes: ByteStore },
): Promise<Built> {
  const { config } = manifest;
  if (config === undefined || !CONFIG_TYPES.has(config.mediaType)) return {};
  const blob = await store.metadata.promisedBlob(repository, config.digest);
  if (blob === undefined || blob.size > MAX_CONFIG_BYTES) return {};
  await using reader = await store.bytes.open(blob.locator);
  if (reader === undefined) return {};
  const buffer = Buffer.alloc(blob.size);
  let end = 0;
  while (end < buffer.length) {
    const read = await reader.read(buffer.subarray(end), end);
    if (read === 0) return {};
    end += read;
  }
  return parseConfig(buffer.toString('utf8'));
}

function parseConfig(text: string): Built {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return {};
  }
  if (!isJsonObject(json)) return {};
  const { architecture, os } = json;
  return {
    ...(typeof architecture === 'string' ? { architecture } : {}),
    ...(typeof os === 'string' ? { os } : {}),
  };
}
