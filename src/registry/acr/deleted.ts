import { type Reply, accepted, okJson, refuse } from '../../http/reply.ts';
import type { Digest } from '../../oci/digest.ts';
import type { OciError } from '../../oci/error.ts';
import { parseTag, type RepositoryName, type Tag } from '../../oci/reference.ts';
import { type Call, keyOf } from '../call.ts';
import { nextLink, parsePage } from '../page.ts';
import { refuseLocked, refuseRepository } from '../refusal.ts';
import { invalid, readJsonBody } from './json-body.ts';

/** How many entries a page has when the client does not say. */
const STANDARD_PAGE = 100;
const BASE = '/acr/v1/_deleted';

interface RepositoryParams {
  readonly name: RepositoryName;
}

/** GET /acr/v1/_deleted/_catalog: the repositories in which something can be restored. */
export async function listDeletedRepositories(_: object, call: Call): Promise<Reply> {
  const page = parsePage(call.incoming.query, STANDARD_PAGE);
  if ('code' in page) return refuse(page);
  const { items, more } = await call.services.metadata.deletedRepositories(call.registry.uid, page);
  return okJson({ repositories: items }, nextLink(`${BASE}/_catalog`, page, more ? items.at(-1) : undefined));
}

/** GET /acr/v1/_deleted/{name}/_manifests. */
export async function listDeletedManifests({ name }: RepositoryParams, call: Call): Promise<Reply> {
  const page = parsePage(call.incoming.query, STANDARD_PAGE);
  if ('code' in page) return refuse(page);
  const found = await call.services.metadata.deletedManifests(keyOf(call, name), page);
  if (found === undefined) return refuseRepository(name);
  const manifests = found.items.map(({ digest, mediaType, imageSize, createdMs, deletedMs, tags }) => ({
    digest,
    mediaType,
    imageSize,
    createdTime: time(createdMs),
    deletedAt: time(deletedMs),
    ...(tags.length === 0 ? {} : { tags }),
  }));
  const last = found.more ? found.items.at(-1)?.digest : undefined;
  return okJson(
    { registry: call.registry.loginServer, imageName: name, manifests },
    nextLink(`${BASE}/${name}/_manifests`, page, last),
  );
}

/** GET /acr/v1/_deleted/{name}/_tags: the latest deletion of a name last, as az restores that one. */
export async function listDeletedTags({ name }: RepositoryParams, call: Call): Promise<Reply> {
  const page = parsePage(call.incoming.query, STANDARD_PAGE);
  if ('code' in page) return refuse(page);
  const found = await call.services.metadata.deletedTags(keyOf(call, name), page);
  if (found === undefined) return refuseRepository(name);
  const tags = found.items.map(({ tag, digest, deletedMs }) => ({ tag, digest, deletedAt: time(deletedMs) }));
  const last = found.more ? found.items.at(-1)?.tag : undefined;
  return okJson(
    { registry: call.registry.loginServer, imageName: name, tags },
    nextLink(`${BASE}/${name}/_tags`, page, last),
  );
}

/** POST /acr/v1/_deleted/{name}/_manifests/{digest}?force: puts a manifest back, and the tag that the body names. */
export async function restoreManifest(
  { name, digest }: RepositoryParams & { readonly digest: Digest },
  call: Call,
): Promise<Reply> {
  const asked = await readRestore(call);
  if ('code' in asked) return refuse(asked);
  // az writes Python's True.
  const force = (call.incoming.query.get('force') ?? '').toLowerCase() === 'true';
  const outcome = await call.services.metadata.restore({
    key: keyOf(call, name),
    digest,
    ...asked,
    force,
    nowMs: call.nowMs,
  });
  switch (outcome.kind) {
    case 'restored':
      return accepted({ 'docker-content-digest': digest }, { digest, ...asked });
    case 'tag-exists':
      return refuse({
        code: 'TAG_INVALID',
        message: `the tag ${asked.tag ?? ''} names ${outcome.digest} by now; force moves it`,
        detail: { tag: asked.tag, digest: outcome.digest },
      });
    case 'manifest-unknown':
      return refuse({ code: 'MANIFEST_UNKNOWN', detail: { name, digest } });
    case 'locked':
      return refuseLocked(outcome);
  }
}

async function readRestore({ incoming }: Call): Promise<{ readonly tag?: Tag } | OciError> {
  const read = await readJsonBody(incoming, { mayBeEmpty: true });
  if ('code' in read) return read;
  const { tag: text, ...strange } = read.json;
  const [unknown] = Object.keys(strange);
  if (unknown !== undefined) return invalid(`${JSON.stringify(unknown)} is not known; allowed is tag`);
  if (text === undefined || text === null) return {};
  const tag = typeof text === 'string' ? parseTag(text) : undefined;
  return tag === undefined ? { code: 'TAG_INVALID', detail: { tag: JSON.stringify(text)?.slice(0, 200) } } : { tag };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
