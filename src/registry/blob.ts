import { type Reply, accepted, notModified, okBlob, okHead, redirect, refuse } from '../http/reply.ts';
import type { Digest } from '../oci/digest.ts';
import { MEDIA_TYPE } from '../oci/media-type.ts';
import { parseRange } from '../oci/range.ts';
import type { RepositoryName } from '../oci/reference.ts';
import type { BlobReader, LinkedBlob, Locator } from '../store/port.ts';
import { type Call, keyOf } from './call.ts';
import { effectiveRange, entityTag, matchesNone } from './conditional.ts';
import { refuseLocked, refuseRepository } from './refusal.ts';

/** What names one blob. */
interface BlobParams {
  readonly name: RepositoryName;
  readonly digest: Digest;
}

/** end-2, HEAD: never opens the bytes. */
export async function headBlob({ name, digest }: BlobParams, call: Call): Promise<Reply> {
  const blob = await call.services.metadata.blob(keyOf(call, name), digest);
  if (blob === undefined) return refuse({ code: 'BLOB_UNKNOWN', detail: { digest } });
  if (!blob.readable) return refuseLocked();
  if (matchesNone(call.incoming.headers, digest)) return notModified(blobHeaders(blob));
  return okHead({ ...blobHeaders(blob), 'content-length': String(blob.size) });
}

/** end-2, GET: the blob, or the part of it that `Range` names. */
export async function getBlob({ name, digest }: BlobParams, call: Call): Promise<Reply> {
  if (call.blobLocation !== undefined) return sendElsewhere({ name, digest }, call, call.blobLocation);
  const found = await openBlob({ name, digest }, call);
  if (found === undefined) return refuse({ code: 'BLOB_UNKNOWN', detail: { digest } });
  if (found === 'damaged') return refuseDamaged(digest);
  const { blob, reader } = found;
  const reply = blob.readable ? await answerBlob(blob, reader, call) : refuseLocked();
  if (reply.body.kind !== 'blob') await reader[Symbol.asyncDispose]();
  return reply;
}

/** As if it were not there, so that clients bring it again, which heals it. */
function refuseDamaged(digest: Digest): Reply {
  const message = 'the bytes of this blob are damaged and are not served; push it again to heal it';
  return refuse({ code: 'BLOB_UNKNOWN', message, detail: { digest } });
}

/** A blob that a dedicated data endpoint serves. */
async function sendElsewhere({ name, digest }: BlobParams, call: Call, location: string): Promise<Reply> {
  const blob = await call.services.metadata.blob(keyOf(call, name), digest);
  if (blob === undefined) return refuse({ code: 'BLOB_UNKNOWN', detail: { digest } });
  return blob.readable ? redirect(location) : refuseLocked();
}

/** end-10: removes this repository's link; other repositories keep theirs. */
export async function deleteBlob({ name, digest }: BlobParams, call: Call): Promise<Reply> {
  const outcome = await call.services.metadata.unlinkBlob(keyOf(call, name), digest);
  switch (outcome.kind) {
    case 'unlinked':
      return accepted({ 'docker-content-digest': digest });
    case 'blob-unknown':
      return refuse({ code: 'BLOB_UNKNOWN', detail: { digest } });
    case 'repository-unknown':
      return refuseRepository(name);
    case 'locked':
      return refuseLocked(outcome);
  }
}

/**
 * Opens a blob's bytes. They may be removed between look-up and opening when the link went: then it is looked up again,
 * as often as other bytes are named. Bytes are removed after their row, so the same named twice are lost.
 */
async function openBlob(
  { name, digest }: BlobParams,
  call: Call,
): Promise<{ blob: LinkedBlob; reader: BlobReader } | 'damaged' | undefined> {
  const { metadata, bytes, verifier } = call.services;
  for (let gone: Locator | undefined; ; ) {
    const blob = await metadata.blob(keyOf(call, name), digest);
    if (blob === undefined) return undefined;
    if (blob.locator === gone) {
      await verifier.damaged(blob, 'missing');
      return 'damaged';
    }
    const reader = await bytes.open(blob.locator);
    if (reader !== undefined) return { blob, reader };
    gone = blob.locator;
  }
}

async function answerBlob(blob: LinkedBlob, reader: BlobReader, call: Call): Promise<Reply> {
  const headers = blobHeaders(blob);
  if (matchesNone(call.incoming.headers, blob.digest)) return notModified(headers);
  const range = parseRange(effectiveRange(call.incoming.headers, blob.digest), blob.size);
  if (range.kind === 'unsatisfiable')
    return refuse(
      { code: 'RANGE_UNSATISFIABLE', detail: { size: blob.size } },
      { 'content-range': `bytes */${blob.size}` },
    );
  const guarded = await call.services.verifier.guard(blob, reader, range.kind === 'whole');
  if (guarded === undefined) return refuseDamaged(blob.digest);
  return okBlob(guarded, range.kind === 'part' ? range.range : undefined, headers);
}

function blobHeaders(blob: LinkedBlob): Record<string, string> {
  return {
    'content-type': MEDIA_TYPE.octetStream,
    'docker-content-digest': blob.digest,
    etag: entityTag(blob.digest),
    'accept-ranges': 'bytes',
  };
}
