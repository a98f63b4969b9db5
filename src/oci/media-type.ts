/** Media types this registry acts on; every other type is kept as it came. */
export const MEDIA_TYPE = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  octetStream: 'application/octet-stream',
  json: 'application/json',
} as const;

/** The four types that `PUT …/manifests/…` accepts. */
export type ManifestMediaType =
  | typeof MEDIA_TYPE.ociManifest
  | typeof MEDIA_TYPE.ociIndex
  | typeof MEDIA_TYPE.dockerManifest
  | typeof MEDIA_TYPE.dockerList;

const MANIFEST_TYPES: ReadonlySet<string> = new Set<ManifestMediaType>([
  MEDIA_TYPE.ociManifest,
  MEDIA_TYPE.ociIndex,
  MEDIA_TYPE.dockerManifest,
  MEDIA_TYPE.dockerList,
]);

/** Strips parameters and case from a `Content-Type` (distribution-spec: the registry should ignore parameters). */
export function essence(contentType: string): string {
  const [type = ''] = contentType.split(';', 1);
  return type.trim().toLowerCase();
}

/** Reads one of the four manifest types; `undefined` for any other. */
export function parseManifestMediaType(text: string): ManifestMediaType | undefined {
  return MANIFEST_TYPES.has(text) ? (text as ManifestMediaType) : undefined;
}

/** Whether a manifest of this type lists manifests rather than layers. */
export function isIndexType(type: ManifestMediaType): boolean {
  return type === MEDIA_TYPE.ociIndex || type === MEDIA_TYPE.dockerList;
}

/** Whether a layer of this type need not be in the registry (image-spec, layer.md, "Non-Distributable Layers"). */
export function isNonDistributable(mediaType: string): boolean {
  return (
    mediaType.startsWith('application/vnd.oci.image.layer.nondistributable.v1.') ||
    mediaType.startsWith('application/vnd.docker.image.rootfs.foreign.')
  );
}
