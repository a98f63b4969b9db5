import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, parseDigest } from '../oci/digest.ts';
import { MEDIA_TYPE } from '../oci/media-type.ts';
import { parseManifest } from '../oci/manifest.ts';
import { runContained } from './run-tool.ts';
import { whiteouts } from './whiteout.ts';

/** An image folder that cannot be unpacked; the message says why. */
class LayoutError extends Error {
  override name = 'LayoutError';
}

/** The file that tells an OCI image layout from any other folder (image-spec, "Image Layout Specification"). */
export const LAYOUT_FILE = 'oci-layout';

/** Unpacks the one image for this architecture of an OCI image layout into an empty folder. Throws {@link LayoutError}. */
export async function unpackLayout(
  layout: string,
  root: string,
  { architecture, told }: { readonly architecture: string; readonly told: (step: string) => void },
): Promise<void> {
  const index = await readFile(join(layout, 'index.json'));
  const layers = await layersOf(layout, { bytes: index, mediaType: MEDIA_TYPE.ociIndex, architecture });
  for (const [i, layer] of layers.entries()) {
    told(`unpacking layer ${i + 1} of ${layers.length} (${Math.ceil(layer.size / 1_000_000)} MB)`);
    await checkBlob(layout, layer);
    await applyLayer(blobAt(layout, layer.digest), layer.mediaType, root);
  }
}

interface Found {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly architecture: string;
}

async function layersOf(
  layout: string,
  { bytes, mediaType, architecture }: Found,
  depth = 0,
): Promise<readonly Descriptor[]> {
  const manifest = parseManifest(bytes, mediaType);
  if (typeof manifest === 'string') throw new LayoutError(`a manifest of ${layout} cannot be read: ${manifest}`);
  if (manifest.kind === 'image') return manifest.layers;
  const named = manifest.manifests.map((one) => ({ one, is: platformOf(one) }));
  const mine = named.filter(({ is }) => is === undefined || is === architecture);
  const [only, another] = mine;
  if (only === undefined || depth > 3)
    throw new LayoutError(
      `${layout} has no image for ${architecture}; it has ${named.map(({ is }) => is ?? 'one of no architecture').join(', ')}`,
    );
  if (another !== undefined)
    throw new LayoutError(
      `${layout} has ${mine.length} images for ${architecture}: give a layout with one (skopeo copy docker://… oci:FOLDER:latest)`,
    );
  await checkBlob(layout, only.one);
  const next = await readFile(blobAt(layout, only.one.digest));
  return layersOf(layout, { bytes: next, mediaType: only.one.mediaType, architecture }, depth + 1);
}

function platformOf({ platform }: Descriptor & { readonly platform?: unknown }): string | undefined {
  if (typeof platform !== 'object' || platform === null || !('architecture' in platform)) return undefined;
  return typeof platform.architecture === 'string' ? platform.architecture : undefined;
}

function blobAt(layout: string, digest: Digest): string {
  const [algorithm = '', hex = ''] = digest.split(':');
  return join(layout, 'blobs', algorithm, hex);
}

/** A blob must be what its name says before anything of it is unpacked. */
async function checkBlob(layout: string, { digest }: Descriptor): Promise<void> {
  const [algorithm = ''] = digest.split(':');
  const hash = createHash(algorithm);
  await pipeline(createReadStream(blobAt(layout, digest)), hash).catch((error: unknown) => {
    throw new LayoutError(`the blob ${digest} of ${layout} cannot be read: ${String(error)}`);
  });
  const found = parseDigest(`${algorithm}:${hash.digest('hex')}`);
  if (found !== digest)
    throw new LayoutError(`the blob ${digest} of ${layout} has other bytes: their digest is ${found}`);
}

function opened(blob: string, mediaType: string): NodeJS.ReadableStream {
  const bytes = createReadStream(blob);
  if (mediaType.endsWith('gzip')) return bytes.pipe(createGunzip());
  if (mediaType.endsWith('zstd')) return bytes.pipe(createZstdDecompress());
  return bytes.pipe(new Transform({ transform: (chunk, _, done) => done(null, chunk) }));
}

/**
 * Unpacks within a root that holds nothing but the machine's programs and the image's files: whatever links a layer has,
 * nothing outside is written.
 */
const UNPACK = `set -e
stage=$(mktemp -d); mount -t tmpfs tmpfs "$stage"
for name in bin sbin lib lib32 lib64 libx32; do [ ! -L /$name ] || ln -s "$(readlink /$name)" "$stage/$name"; done
mkdir "$stage/usr" "$stage/target" "$stage/proc"
mount --bind /usr "$stage/usr"; mount -o remount,bind,ro "$stage/usr"; mount --bind "$0" "$stage/target"
exec chroot "$stage" "$@"`;

async function applyLayer(blob: string, mediaType: string, root: string): Promise<void> {
  const inside = (argv: readonly string[], input?: NodeJS.ReadableStream): Promise<string> =>
    runContained(['sh', '-c', UNPACK, root, ...argv], input === undefined ? {} : { input });
  const names = await inside(['tar', '--list', '--file', '-'], opened(blob, mediaType));
  const { removed, emptied } = whiteouts(names.split('\n'));
  for (const path of removed) await inside(['rm', '-rf', '--', `/target/${path}`]);
  for (const path of emptied) await inside(['find', `/target/${path}`, '-mindepth', '1', '-delete']);
  await inside(
    ['tar', '--extract', '--file', '-', '--directory', '/target', '--numeric-owner', '--xattrs', '--exclude=.wh.*'],
    opened(blob, mediaType),
  );
}
