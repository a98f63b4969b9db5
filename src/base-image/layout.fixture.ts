import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of a folder as a layer: `tar` makes it. */
export function layerOf(folder: string): Buffer {
  return execFileSync('tar', ['--create', '--gzip', '--numeric-owner', '--directory', folder, '.']);
}

/** Writes an OCI image layout of one image for `architecture` with these layers. */
export function writeLayout(folder: string, layers: readonly Buffer[], architecture: string): void {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  const blob = (bytes: Buffer, mediaType: string): object => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(folder, 'blobs/sha256', hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  const image = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: blob(json({ architecture, os: 'linux' }), 'application/vnd.oci.image.config.v1+json'),
    layers: layers.map((bytes) => blob(bytes, 'application/vnd.oci.image.layer.v1.tar+gzip')),
  };
  const entry = { ...blob(json(image), image.mediaType), platform: { architecture, os: 'linux' } };
  writeFileSync(join(folder, 'index.json'), json({ schemaVersion: 2, manifests: [entry] }));
  writeFileSync(join(folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
}
