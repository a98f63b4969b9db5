import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** An OCI content descriptor as it stands in a manifest. `size` is in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string; readonly os: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** A tar archive (ustar) that holds one file. */
export function tarOf(name: string, content: string): Buffer {
  const header = Buffer.alloc(512);
  const size = Buffer.byteLength(content);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0'.repeat(2), 108);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  // The checksum is counted with blanks in its own place.
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return Buffer.concat([header, Buffer.from(content), Buffer.alloc(512 - (size % 512) + 1024)]);
}

/** The SHA-256 digest of `content` as OCI writes it. */
export function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** An OCI image layout in a folder, made by hand so that what clients must keep byte for byte is known. */
export interface Layout {
  readonly folder: string;
  /** Digest of the manifest or index that the layout's one tag names. */
  readonly digest: string;
}

/** Writes a layout with one image of one layer under `tag`. */
export async function writeImage(folder: string, tag: string, content = 'hello'): Promise<Layout> {
  const writer = await openLayout(folder);
  return writer.end(await image(writer, content, 'amd64'), tag);
}

/**
 * Writes a layout with an index under `tag` as builders make them: two platforms, and an attestation that has the
 * platform unknown/unknown (docker buildx).
 */
export async function writeIndex(folder: string, tag: string): Promise<Layout> {
  const writer = await openLayout(folder);
  const manifests = [await image(writer, 'one', 'amd64'), await image(writer, 'two', 'arm64')];
  const [first] = manifests;
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    ...(first === undefined ? {} : { 'vnd.docker.reference.digest': first.digest }),
  };
  const platform = { architecture: 'unknown', os: 'unknown' };
  const attestation = { ...(await image(writer, 'in-toto', 'unknown')), platform, annotations };
  const index = { schemaVersion: 2, mediaType: INDEX, manifests: [...manifests, attestation] };
  return writer.end(await writer.put(INDEX, JSON.stringify(index)), tag);
}

interface Writer {
  put(mediaType: string, content: string | Uint8Array): Promise<Descriptor>;
  end(top: Descriptor, tag: string): Promise<Layout>;
}

async function openLayout(folder: string): Promise<Writer> {
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return {
    async put(mediaType, content) {
      const digest = digestOf(content);
      await writeFile(join(folder, 'blobs', digest.replace(':', '/')), content);
      return { mediaType, digest, size: Buffer.byteLength(content) };
    },
    async end(top, tag) {
      const manifests = [{ ...top, annotations: { 'org.opencontainers.image.ref.name': tag } }];
      await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
      return { folder, digest: top.digest };
    },
  };
}

async function image(writer: Writer, content: string, architecture: string): Promise<Descriptor> {
  const archive = tarOf('hello.txt', content);
  // Compressed, as some clients compress what is not, and the digest would be another.
  const layer = await writer.put(LAYER, gzipSync(archive));
  const rootfs = { type: 'layers', diff_ids: [digestOf(archive)] };
  const config = await writer.put(CONFIG, JSON.stringify({ architecture, os: 'linux', config: {}, rootfs }));
  const manifest = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] };
  return {
    ...(await writer.put(MANIFEST, JSON.stringify(manifest))),
    platform: { architecture, os: architecture === 'unknown' ? 'unknown' : 'linux' },
  };
}
