import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { type Content, content } from '../registry/push.ts';

/** An image: its manifest, and the blobs that this names. */
export interface Image {
  readonly manifest: Content;
  readonly blobs: readonly Content[];
}

/** A layer of these bytes. */
export function layerOf(bytes: Uint8Array): Content {
  return content(bytes, 'application/vnd.oci.image.layer.v1.tar');
}

/** A manifest that names one blob, so that this is no garbage. */
export function artifactOf({ descriptor }: Content): Content {
  const fields = { mediaType: MEDIA_TYPE.ociManifest, artifactType: 'application/vnd.example.upload' };
  return content(
    JSON.stringify({ schemaVersion: 2, ...fields, config: descriptor, layers: [descriptor] }),
    MEDIA_TYPE.ociManifest,
  );
}

/** An image of layers; `mark` makes it another one than its namesakes. */
export function imageOfLayers(layers: readonly Content[], mark: string): Image {
  const config = content(
    JSON.stringify({ architecture: 'amd64', os: 'linux', comment: mark }),
    'application/vnd.oci.image.config.v1+json',
  );
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  };
  return { manifest: content(JSON.stringify(manifest), MEDIA_TYPE.ociManifest), blobs: [config, ...layers] };
}
