import type { ManifestRecord, RepositoryRecord, TagRecord } from '../../store/port.ts';

/** A repository in the JSON of `/acr/v1` (facts/acr.md §3.4). */
export function repositoryJson(loginServer: string, record: RepositoryRecord): object {
  return {
    registry: loginServer,
    imageName: record.name,
    createdTime: time(record.createdMs),
    lastUpdateTime: time(record.updatedMs),
    manifestCount: record.manifestCount,
    tagCount: record.tagCount,
    changeableAttributes: record.attributes,
  };
}

/** A tag in the JSON of `/acr/v1`. */
export function tagJson(record: TagRecord): object {
  return {
    name: record.tag,
    digest: record.digest,
    createdTime: time(record.createdMs),
    lastUpdateTime: time(record.updatedMs),
    signed: false,
    changeableAttributes: record.attributes,
  };
}

/** A manifest in the JSON of `/acr/v1`. */
export function manifestJson(record: ManifestRecord): object {
  return {
    digest: record.digest,
    imageSize: record.imageSize,
    createdTime: time(record.createdMs),
    lastUpdateTime: time(record.updatedMs),
    ...(record.architecture === undefined ? {} : { architecture: record.architecture }),
    ...(record.os === undefined ? {} : { os: record.os }),
    mediaType: record.mediaType,
    ...(record.artifactType === undefined ? {} : { artifactType: record.artifactType }),
    ...(record.tags.length === 0 ? {} : { tags: record.tags }),
    changeableAttributes: record.attributes,
  };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
