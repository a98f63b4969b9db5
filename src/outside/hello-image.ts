import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { MEDIA_TYPE } from '../oci/media-type.ts';
import { type Architecture, printingProgram } from './hello-program.ts';
import { tarOfProgram } from './tar.ts';

/** What the image prints: the two lines that articles show, and who made it. */
export const HELLO = `
Hello from Docker!
This message shows that your installation appears to be working correctly.

This is the lab's own hello-world: Seawall answers for Docker Hub in here, and
made this image itself. "seawall lab list --substitutions" lists what stands in
for something from outside.

`;

/** Content by its digest, with its media type. */
export interface Content {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

/** An image that can be pulled: everything by digest, and the digest that its tags name. */
export interface PullableImage {
  readonly tag: string;
  readonly manifests: ReadonlyMap<string, Content>;
  readonly blobs: ReadonlyMap<string, Content>;
}

const ARCHITECTURES: readonly Architecture[] = ['amd64', 'arm64'];
/** The byte of gzip's header that names the system it was made on: "unknown" (RFC 1952, section 2.3.1). */
const GZIP_SYSTEM = 9;

/** The image `hello-world`, for every architecture, made anew. */
export function helloImage(): PullableImage {
  const manifests = new Map<string, Content>();
  const blobs = new Map<string, Content>();
  const entries = ARCHITECTURES.map((architecture) => {
    const archive = tarOfProgram('hello', printingProgram(architecture, HELLO));
    const layer = gzipSync(archive);
    layer[GZIP_SYSTEM] = 255;
    const config = json({
      architecture,
      os: 'linux',
      config: { Cmd: ['/hello'], Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(archive)] },
      history: [{ created_by: 'Seawall, for its lab' }],
    });
    const image = json({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      config: kept(blobs, config, 'application/vnd.oci.image.config.v1+json'),
      layers: [kept(blobs, layer, 'application/vnd.oci.image.layer.v1.tar+gzip')],
    });
    return { ...kept(manifests, image, MEDIA_TYPE.ociManifest), platform: { architecture, os: 'linux' } };
  });
  const index = json({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: entries });
  return { tag: kept(manifests, index, MEDIA_TYPE.ociIndex).digest, manifests, blobs };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function kept(into: Map<string, Content>, bytes: Buffer, mediaType: string) {
  const digest = digestOf(bytes);
  into.set(digest, { bytes, mediaType });
  return { mediaType, digest, size: bytes.length };
}
