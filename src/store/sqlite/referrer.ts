import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Database } from '../../sqlite/database.ts';
import type { Page, PageRequest, RepositoryKey } from '../port.ts';
import { pageOf, readPage } from './page.ts';

/** What a page of referrers is asked for by. */
export interface ReferrerList {
  readonly key: RepositoryKey;
  readonly subject: Digest;
  readonly page: PageRequest;
  /** Only referrers of this artifact type. */
  readonly artifactType?: string;
}

/** Descriptors of the manifests that name `subject` (distribution-spec, "Listing Referrers"), by digest. */
export function listReferrers(
  database: Database,
  { key, subject, page, artifactType }: ReferrerList,
): Page<Descriptor> {
  const narrowed = artifactType === undefined ? [] : [artifactType];
  const values = [key.registry, key.name, subject, page.last ?? '', ...narrowed];
  const rows = readPage<ReferrerRow>(database, listReferrersSql(artifactType !== undefined), values, page);
  return pageOf(rows, page, descriptorOf);
}

/** The query of {@link listReferrers}. */
export function listReferrersSql(ofOneType: boolean): string {
  return `
    SELECT media_type, digest, size, artifact_type, annotations
    FROM manifest INDEXED BY ${ofOneType ? 'manifest_of_subject_and_type' : 'manifest_of_subject'}
    WHERE repository = (
        SELECT repository.id FROM registry JOIN repository ON repository.registry = registry.id
        WHERE registry.uid = ?1 AND repository.name = ?2)
      AND list_enabled = 1 AND subject = ?3 AND digest > ?4 ${ofOneType ? 'AND artifact_type = ?5' : ''}
    ORDER BY digest LIMIT ?${ofOneType ? 6 : 5}`;
}

interface ReferrerRow {
  readonly media_type: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifact_type: string | null;
  readonly annotations: string | null;
}

function descriptorOf(row: ReferrerRow): Descriptor {
  return {
    mediaType: row.media_type,
    digest: row.digest,
    size: row.size,
    ...(row.artifact_type !== null && { artifactType: row.artifact_type }),
    ...(row.annotations !== null && { annotations: JSON.parse(row.annotations) as Record<string, string> }),
  };
}
