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
  return answer(params, call, (manifest, headers) => okBytes(manifest.content, headers));
}

/** end-3, HEAD. */
export async function headManifest(params: ManifestParams, call: Call): Promise<Reply> {
  return answer(params, call, (manifest, headers) =>
    okHead({ ...headers, 'content-length': String(manifest.content.length) }),
  );
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

type Headers = Record<string, string>;

async function answer(
  { name, reference }: ManifestParams,
  call: Call,
  found: (manifest: ServedManifest, headers: Headers) => Reply,
): Promise<Reply> {
  const manifest = await call.services.metadata.manifest(keyOf(call, name), reference);
  if (manifest === undefined) return refuseAbsent(name, reference);
  if (!manifest.readable) return refuseLocked();
  const headers: Headers = {
    'content-type': manifest.mediaType,
    'docker-content-digest': manifest.digest,
    etag: entityTag(manifest.digest),
  };
  return matchesNone(call.incoming.headers, manifest.digest) ? notModified(headers) : found(manifest, headers);
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
