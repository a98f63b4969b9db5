import { createHash } from 'node:crypto';
import { CROWDED, readBody } from '../http/incoming.ts';
import { type Reply, created, refuse } from '../http/reply.ts';
import { type Digest, algorithmOf, digestOf } from '../oci/digest.ts';
import { MAX_MANIFEST_BYTES, type Manifest, parseManifest } from '../oci/manifest.ts';
import { type Reference, type RepositoryName, type Tag, parseTag } from '../oci/reference.ts';
import { type Call, keyOf, occasionOf } from './call.ts';
import { type Built, builtFor } from './image-config.ts';
import { noSpace, refuseLocked } from './refusal.ts';

/** How many `tag` parameters one request may have (distribution-spec asks for at least 10). */
const MAX_TAGS = 100;

/** What names the manifest being put. */
interface ManifestParams {
  readonly name: RepositoryName;
  readonly reference: Reference;
}

/** A manifest that came whole and is what it says it is. */
interface Received {
  readonly content: Buffer;
  readonly digest: Digest;
  readonly manifest: Manifest;
  readonly tags: readonly Tag[];
}

/** end-7a and 7b: stores a manifest byte for byte under its digest, and under a tag or several. */
export async function putManifest({ name, reference }: ManifestParams, call: Call): Promise<Reply> {
  const tags = parseTags(reference, call.incoming.query.getAll('tag'));
  if ('status' in tags) return tags;
  const body = await readBody(call.incoming, MAX_MANIFEST_BYTES);
  if (body.kind === 'too-large')
    return refuse({ code: 'MANIFEST_TOO_LARGE', message: `the manifest is larger than ${MAX_MANIFEST_BYTES} bytes` });
  if (body.kind === 'crowded') return refuse({ code: 'TOOMANYREQUESTS', message: CROWDED });
  if (body.kind === 'broken-off') return refuse({ code: 'MANIFEST_INVALID', message: 'the manifest broke off' });
  const digest = hash(body.bytes, reference);
  if (reference.kind === 'digest' && digest !== reference.digest)
    return refuse({ code: 'DIGEST_INVALID', detail: { announced: reference.digest, received: digest } });
  const manifest = parseManifest(body.bytes, call.incoming.headers['content-type']);
  if (typeof manifest === 'string') return refuse({ code: 'MANIFEST_INVALID', message: manifest });
  return store(name, { content: body.bytes, digest, manifest, tags }, call);
}

/** The tags the manifest will have; parameters stand beside a digest only (distribution-spec, "Pushing Manifests"). */
function parseTags(reference: Reference, parameters: readonly string[]): readonly Tag[] | Reply {
  if (reference.kind === 'tag') {
    if (parameters.length === 0) return [reference.tag];
    return refuse({ code: 'TAG_INVALID', message: 'tag parameters go with a digest in the path, not with a tag' });
  }
  if (parameters.length > MAX_TAGS)
    return refuse({ code: 'TOO_MANY_TAGS', message: `at most ${MAX_TAGS} tags at once` });
  const tags = new Set<Tag>();
  for (const text of parameters) {
    const tag = parseTag(text);
    if (tag === undefined) return refuse({ code: 'TAG_INVALID', detail: { tag: text.slice(0, 200) } });
    tags.add(tag);
  }
  return [...tags];
}

function hash(content: Buffer, reference: Reference): Digest {
  const algorithm = reference.kind === 'digest' ? algorithmOf(reference.digest) : 'sha256';
  return digestOf(algorithm, createHash(algorithm).update(content).digest('hex'));
}

async function store(name: RepositoryName, received: Received, call: Call): Promise<Reply> {
  const { metadata } = call.services;
  const repository = keyOf(call, name);
  const built: Built = await builtFor(received.manifest, repository, call.services);
  const { nowMs } = call;
  const allowSparse = call.registry.allowSparseManifests;
  const put = { repository, ...received, ...built, allowSparse, nowMs, ...occasionOf(call) };
  const outcome = await metadata.putManifest(put).catch(noSpace);
  switch (outcome.kind) {
    case 'stored':
      return answerStored(name, received);
    case 'references-unknown':
      return refuse({ code: 'MANIFEST_BLOB_UNKNOWN', detail: { digests: outcome.digests } });
    case 'locked':
      return refuseLocked(outcome);
    case 'no-space':
      return refuse({ code: 'INSUFFICIENT_STORAGE' });
  }
}

function answerStored(name: RepositoryName, { digest, manifest, tags }: Received): Reply {
  return created(`/v2/${name}/manifests/${digest}`, {
    'docker-content-digest': digest,
    ...(manifest.subject === undefined ? {} : { 'oci-subject': manifest.subject.digest }),
    ...(tags.length === 0 ? {} : { 'oci-tag': tags.join(', ') }),
  });
}
