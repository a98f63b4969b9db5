import { type Reply, okJson, refuse } from '../http/reply.ts';
import type { Digest } from '../oci/digest.ts';
import { MEDIA_TYPE } from '../oci/media-type.ts';
import type { RepositoryName } from '../oci/reference.ts';
import { type Call, keyOf } from './call.ts';
import { nextLink, parsePage } from './page.ts';

/** How many referrers a list has when the client does not say: clients that ignore `Link` see this many. */
const STANDARD_PAGE = 1000;

/** end-12a and 12b: the manifests whose subject is this digest, as an index. An unknown subject has none. */
export async function listReferrers(
  { name, digest }: { readonly name: RepositoryName; readonly digest: Digest },
  call: Call,
): Promise<Reply> {
  const page = parsePage(call.incoming.query, STANDARD_PAGE);
  if ('code' in page) return refuse(page);
  const artifactType = call.incoming.query.get('artifactType') ?? undefined;
  const found = await call.services.metadata.referrers(keyOf(call, name), digest, page, artifactType);
  const kept: Record<string, string> = artifactType === undefined ? {} : { artifactType };
  return okJson(
    { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: found.items },
    {
      'content-type': MEDIA_TYPE.ociIndex,
      ...(artifactType === undefined ? {} : { 'oci-filters-applied': 'artifactType' }),
      ...nextLink(`/v2/${name}/referrers/${digest}`, page, found.more ? found.items.at(-1)?.digest : undefined, kept),
    },
  );
}
