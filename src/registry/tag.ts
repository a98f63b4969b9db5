import { type Reply, okJson, refuse } from '../http/reply.ts';
import type { RepositoryName } from '../oci/reference.ts';
import { type Call, keyOf } from './call.ts';
import { nextLink, parsePage } from './page.ts';
import { refuseRepository } from './refusal.ts';

/** How many tags a list has when the client does not say. */
const STANDARD_PAGE = 1000;

/** end-8a and 8b: the tags of a repository, in byte order. */
export async function listTags({ name }: { readonly name: RepositoryName }, call: Call): Promise<Reply> {
  const page = parsePage(call.incoming.query, STANDARD_PAGE);
  if ('code' in page) return refuse(page);
  const found = await call.services.metadata.tags(keyOf(call, name), page, 'name');
  if (found === undefined) return refuseRepository(name);
  const tags = found.items.map((item) => item.tag);
  return okJson({ name, tags }, nextLink(`/v2/${name}/tags/list`, page, found.more ? tags.at(-1) : undefined));
}
