import { type Reply, accepted, okJson, refuse } from '../../http/reply.ts';
import { type Digest, parseDigest } from '../../oci/digest.ts';
import type { RepositoryName, Tag } from '../../oci/reference.ts';
import type { TagRecord } from '../../store/port.ts';
import { type Call, keyOf } from '../call.ts';
import { nextLink, parsePage } from '../page.ts';
import { refuseLocked, refuseRepository } from '../refusal.ts';
import { readAttributes } from './attributes.ts';
import { tagJson } from './json.ts';
import { parseOrder } from './order.ts';

/** How many tags a page has when the client does not say. */
const STANDARD_PAGE = 100;

/** What names one tag. */
interface TagParams {
  readonly name: RepositoryName;
  readonly tag: Tag;
}

/** GET /acr/v1/{name}/_tags, in the order of `orderby`, of one manifest when `digest` is given. */
export async function listTagRecords({ name }: { readonly name: RepositoryName }, call: Call): Promise<Reply> {
  const { query } = call.incoming;
  const page = parsePage(query, STANDARD_PAGE);
  if ('code' in page) return refuse(page);
  const order = parseOrder(query);
  if ('code' in order) return refuse(order);
  const digest = parseDigestFilter(query);
  if (digest === 'invalid')
    return refuse({ code: 'DIGEST_INVALID', detail: { digest: query.get('digest')?.slice(0, 200) } });
  const found = await call.services.metadata.tags(keyOf(call, name), page, order.order, digest);
  if (found === undefined) return refuseRepository(name);
  const kept = { orderby: query.get('orderby') ?? '', ...(digest === undefined ? {} : { digest }) };
  const link = nextLink(`/acr/v1/${name}/_tags`, page, found.more ? found.items.at(-1)?.tag : undefined, kept);
  return okJson({ registry: call.registry.loginServer, imageName: name, tags: found.items.map(tagJson) }, link);
}

/** GET /acr/v1/{name}/_tags/{tag}. */
export async function getTag({ name, tag }: TagParams, call: Call): Promise<Reply> {
  const record = await call.services.metadata.tag(keyOf(call, name), tag);
  return record === undefined ? refuseTag(name, tag) : answerTag(name, record, call);
}

/** PATCH /acr/v1/{name}/_tags/{tag}: changes the tag's locks. */
export async function patchTag({ name, tag }: TagParams, call: Call): Promise<Reply> {
  const change = await readAttributes(call.incoming);
  if ('code' in change) return refuse(change);
  const outcome = await call.services.metadata.updateTag(keyOf(call, name), tag, change);
  return outcome.kind === 'updated' ? answerTag(name, outcome.record, call) : refuseTag(name, tag);
}

/** DELETE /acr/v1/{name}/_tags/{tag}: the tag alone; its manifest stays. */
export async function deleteTag({ name, tag }: TagParams, call: Call): Promise<Reply> {
  const outcome = await call.services.metadata.deleteTag(keyOf(call, name), tag, call.nowMs, {
    softly: call.registry.softDelete,
  });
  switch (outcome.kind) {
    case 'deleted':
      return accepted();
    case 'locked':
      return refuseLocked(outcome);
    case 'manifest-unknown':
    case 'repository-unknown':
      return refuseTag(name, tag);
  }
}

function parseDigestFilter(query: URLSearchParams): Digest | undefined | 'invalid' {
  const text = query.get('digest') ?? '';
  return text === '' ? undefined : (parseDigest(text) ?? 'invalid');
}

function answerTag(name: RepositoryName, record: TagRecord, call: Call): Reply {
  return okJson({ registry: call.registry.loginServer, imageName: name, tag: tagJson(record) });
}

function refuseTag(name: RepositoryName, tag: Tag): Reply {
  return refuse({ code: 'TAG_UNKNOWN', detail: { name, tag } });
}
