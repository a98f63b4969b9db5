import { type Reply, accepted, notModified, okBytes, okHead, refuse } from '../http/reply.ts';
import type { Reference, RepositoryName } from '../oci/reference.ts';
import type { DeleteOutcome, ServedManifest } from '../store/port.ts';
import { type Call, deletionOf, keyOf } from './call.ts';
import { entityTag, matchesNone } from './conditional.ts';
import { refuseLocked, refuseRepository } from './refusal.ts';

/** What names one manifest. */
interface ManifestParams {
  readonly name: RepositoryName;
  readonly reference: Reference;
}

/** end-3, GET: the manifest as it was pushed, byte for byte. */
export async function getManifest(params: ManifestParams, call: Call): Promise<Reply> {
  return answer(params, call, 'whole');
}

/** end-3, HEAD. */
export async function headManifest(params: ManifestParams, call: Call): Promise<Reply> {
  return answer(params, call, 'head');
}

/** end-9: deletes a tag, or a manifest with every tag that names it. */
export async function deleteManifest({ name, reference }: ManifestParams, call: Call): Promise<Reply> {
  const { metadata } = call.services;
  const key = keyOf(call, name);
  switch (reference.kind) {
    case 'tag':
      return answerDelete(
        await metadata.deleteTag(key, reference.tag, call.nowMs, { softly: call.registry.softDelete }),
        name,
        reference,
      );
    case 'digest':
      return answerDelete(
        await metadata.deleteManifest(key, reference.digest, call.nowMs, deletionOf(call)),
        name,
        reference,
      );
  }
}

/** What a client reads of a reference in an error's detail. */
function referenceText(reference: Reference): string {
  return reference.kind === 'tag' ? reference.tag : reference.digest;
}

async function answer({ name, reference }: ManifestParams, call: Call, wanted: 'whole' | 'head'): Promise<Reply> {
  const manifest = await call.services.metadata.manifest(keyOf(call, name), reference);
  if (manifest === undefined) return refuseAbsent(name, reference);
  if (!manifest.readable) return refuseLocked();
  const replies = repliesFor(manifest);
  return replies[matchesNone(call.incoming.headers, manifest.digest) ? 'unchanged' : wanted];
}

type Replies = Readonly<Record<'whole' | 'head' | 'unchanged', Reply>>;

/** The answers with a manifest, which goes with it when the store keeps it no more. */
const REPLIES = new WeakMap<ServedManifest, Replies>();

function repliesFor(manifest: ServedManifest): Replies {
  const known = REPLIES.get(manifest);
  if (known !== undefined) return known;
  const headers = {
    'content-type': manifest.mediaType,
    'docker-content-digest': manifest.digest,
    etag: entityTag(manifest.digest),
  };
  const length = { 'content-length': String(manifest.content.length) };
  const replies = {
    whole: okBytes(manifest.content, headers),
    head: okHead({ ...headers, ...length }),
    unchanged: notModified(headers),
  };
  REPLIES.set(manifest, replies);
  return replies;
}

function refuseAbsent(name: RepositoryName, reference: Reference): Reply {
  const text = referenceText(reference);
  const message =
    reference.kind === 'tag' ? `manifest tagged by "${text}" is not found` : `manifest ${text} is not found`;
  return refuse({ code: 'MANIFEST_UNKNOWN', message, detail: { name, reference: text } });
}

function answerDelete(outcome: DeleteOutcome, name: RepositoryName, reference: Reference): Reply {
  switch (outcome.kind) {
    case 'deleted':
      return accepted();
    case 'manifest-unknown':
      return refuseAbsent(name, reference);
    case 'repository-unknown':
      return refuseRepository(name);
    case 'locked':
      return refuseLocked(outcome);
  }
}
