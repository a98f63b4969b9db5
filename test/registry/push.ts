import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import type { RegistryClient } from './client.ts';

/** Content with what a manifest says of it. */
export interface Content {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number };
}

/** An image as it was pushed. */
export interface PushedImage {
  readonly config: Content;
  readonly layer: Content;
  readonly manifest: Content;
}

/** How an image differs from the plainest one. */
export interface ImageOptions {
  readonly artifactType?: string;
  readonly subject?: Content['descriptor'];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly layer?: string;
}

/** The digest of bytes. */
export function digestOf(bytes: string | Uint8Array, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** Bytes with their descriptor. */
export function content(bytes: string | Uint8Array, mediaType: string = MEDIA_TYPE.octetStream): Content {
  const buffer = Buffer.from(bytes);
  const digest = digestOf(buffer);
  return { bytes: buffer, digest, descriptor: { mediaType, digest, size: buffer.length } };
}

/** The path of a blob. */
export function blobPath(repository: string, digest: string): string {
  return `/v2/${repository}/blobs/${digest}`;
}

/** The path of a manifest. */
export function manifestPath(repository: string, reference: string): string {
  return `/v2/${repository}/manifests/${reference}`;
}

/** Pushes a blob in a single POST. */
export async function pushBlob(client: RegistryClient, repository: string, blob: Content): Promise<void> {
  const answer = await client.send('POST', `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`, {
    body: blob.bytes,
    headers: { 'content-type': MEDIA_TYPE.octetStream },
  });
  assert.equal(answer.status, 201, answer.body.toString());
}

/** Pushes a manifest under a tag or digest. */
export async function pushManifest(
  client: RegistryClient,
  repository: string,
  reference: string,
  manifest: Content,
): Promise<void> {
  const answer = await client.send('PUT', manifestPath(repository, reference), {
    body: manifest.bytes,
    headers: { 'content-type': manifest.descriptor.mediaType },
  });
  assert.equal(answer.status, 201, answer.body.toString());
}

/** An image manifest of a config and one layer. */
export function imageOf(options: ImageOptions = {}): PushedImage {
  const { layer: text = 'a layer', ...rest } = options;
  const config = content('{"architecture":"arm64","os":"linux"}', 'application/vnd.oci.image.config.v1+json');
  const layer = content(text, 'application/vnd.oci.image.layer.v1.tar');
  const fields = { mediaType: MEDIA_TYPE.ociManifest, ...rest, config: config.descriptor, layers: [layer.descriptor] };
  return { config, layer, manifest: content(JSON.stringify({ schemaVersion: 2, ...fields }), MEDIA_TYPE.ociManifest) };
}

/** Pushes an image of one layer. */
export async function pushImage(
  client: RegistryClient,
  repository: string,
  reference: string,
  options: ImageOptions = {},
): Promise<PushedImage> {
  const image = imageOf(options);
  await pushBlob(client, repository, image.config);
  await pushBlob(client, repository, image.layer);
  await pushManifest(client, repository, reference, image.manifest);
  return image;
}
