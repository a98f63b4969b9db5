import { BodyAbortedError } from '../http/incoming.ts';
import { type Reply, type ReplyHeaders, accepted, created, noContent, refuse } from '../http/reply.ts';
import { type Digest, type DigestAlgorithm, algorithmOf, parseDigest, parseDigestAlgorithm } from '../oci/digest.ts';
import { parseChunkRange } from '../oci/range.ts';
import { type RepositoryName, parseRepositoryName } from '../oci/reference.ts';
import { NoSpaceError, type Part, PartTooLargeError, type UploadId } from '../store/port.ts';
import { type Call, keyOf } from './call.ts';
import { noSpace, refuseLocked } from './refusal.ts';

/** The smallest chunk accepted: any that has a byte. Said so that a client does not have to guess. */
const MIN_CHUNK_BYTES = '1';

interface RepositoryParams {
  readonly name: RepositoryName;
}

/** What names one upload session. */
interface UploadParams extends RepositoryParams {
  readonly upload: UploadId;
}

/** end-4a, 4b, 4c and 11: mounts a blob, takes a blob whole, or begins a session. */
export async function postUpload({ name }: RepositoryParams, call: Call): Promise<Reply> {
  const { query } = call.incoming;
  const locked = await refuseLockedRepository(name, call);
  if (locked !== undefined) return locked;
  const mount = query.get('mount');
  if (mount !== null) return (await mountBlob(name, mount, call)) ?? beginUpload(name, 'sha256', call);
  const digestText = query.get('digest');
  if (digestText !== null) return postWhole(name, digestText, call);
  const algorithm = parseDigestAlgorithm(query.get('digest-algorithm') ?? 'sha256');
  if (algorithm === undefined)
    return refuse({ code: 'DIGEST_INVALID', message: 'digest-algorithm must be sha256 or sha512' });
  return beginUpload(name, algorithm, call);
}

/** end-13: how far a session has come. */
export async function getUpload({ name, upload }: UploadParams, call: Call): Promise<Reply> {
  const offset = await call.services.uploads.offset(keyOf(call, name), upload);
  return offset === undefined ? refuseSession(upload) : noContent(progress(name, upload, offset));
}

/** end-5: appends a chunk, or everything that comes when there is no `Content-Range`. */
export async function patchUpload({ name, upload }: UploadParams, call: Call): Promise<Reply> {
  return withSession({ name, upload }, call, async (part) => {
    const refusal = await append(part, { name, upload }, call);
    return refusal ?? accepted(progress(name, upload, part.offset));
  });
}

/** end-6: appends the last chunk, if there is one, and makes the blob. */
export async function putUpload({ name, upload }: UploadParams, call: Call): Promise<Reply> {
  const digest = parseDigest(call.incoming.query.get('digest') ?? '');
  if (digest === undefined) return refuseDigestText(call.incoming.query.get('digest'));
  return withSession({ name, upload }, call, async (part) => {
    const refusal = await append(part, { name, upload }, call);
    return refusal ?? finish(part, { name, upload, digest }, call);
  });
}

/** end-14: ends a session and removes its bytes. */
export async function deleteUpload({ name, upload }: UploadParams, call: Call): Promise<Reply> {
  return withSession({ name, upload }, call, async () => {
    await call.services.uploads.discard(upload);
    return noContent();
  });
}

/** A locked repository is told before the client sends its layers; the transaction that links decides again. */
async function refuseLockedRepository(name: RepositoryName, call: Call): Promise<Reply | undefined> {
  const repository = await call.services.metadata.repository(keyOf(call, name));
  return repository?.attributes.writeEnabled === false
    ? refuseLocked({ kind: 'locked', what: 'repository', name })
    : undefined;
}

/** Mounts, when the caller may read the source; `undefined` asks the client to upload instead (end-11). */
async function mountBlob(name: RepositoryName, mount: string, call: Call): Promise<Reply | undefined> {
  const digest = parseDigest(mount);
  if (digest === undefined) return refuseDigestText(mount);
  const from = parseRepositoryName(call.incoming.query.get('from') ?? '');
  if (from === undefined || !call.may('pull', from)) return undefined;
  const outcome = await call.services.metadata.mountBlob(keyOf(call, from), keyOf(call, name), digest, call.nowMs);
  switch (outcome.kind) {
    case 'mounted':
      return blobCreated(name, digest);
    case 'blob-unknown':
      return undefined;
    case 'locked':
      return refuseLocked(outcome);
  }
}

async function beginUpload(name: RepositoryName, algorithm: DigestAlgorithm, call: Call): Promise<Reply> {
  const upload = await call.services.uploads.start(keyOf(call, name), algorithm, call.nowMs);
  return accepted({ ...progress(name, upload, 0), 'oci-chunk-min-length': MIN_CHUNK_BYTES });
}

async function postWhole(name: RepositoryName, digestText: string, call: Call): Promise<Reply> {
  const digest = parseDigest(digestText);
  if (digest === undefined) return refuseDigestText(digestText);
  const { uploads } = call.services;
  using _ = uploads.hold(keyOf(call, name));
  const { id, part } = await uploads.single(algorithmOf(digest));
  let ended = false;
  try {
    const refusal = await receive(part, call);
    if (refusal !== undefined) return refusal;
    ended = true;
    return await finish(part, { name, upload: id, digest }, call);
  } finally {
    if (!ended) await part.discard();
    uploads.finished(id);
  }
}

/** Runs `work` while no other request writes to the session; keeps the session unless `work` ended it. */
async function withSession(params: UploadParams, call: Call, work: (part: Part) => Promise<Reply>): Promise<Reply> {
  const { uploads } = call.services;
  const taken = await uploads.take(keyOf(call, params.name), params.upload);
  switch (taken.kind) {
    case 'unknown':
      return refuseSession(params.upload);
    case 'busy':
      return outOfOrder(params, taken.offset, 'another request is writing to this upload');
    case 'taken':
      try {
        return await work(taken.part);
      } catch (error) {
        // A part whose bytes are in doubt must not be gone on with; the first error is the one to tell.
        await uploads.discard(params.upload).catch(() => undefined);
        throw error;
      } finally {
        uploads.release(params.upload);
      }
  }
}

/** Appends the body where `Content-Range` says it belongs; a {@link Reply} refuses. */
async function append(part: Part, params: UploadParams, call: Call): Promise<Reply | undefined> {
  const header = call.incoming.headers['content-range'];
  if (header === undefined) return receive(part, call);
  const range = parseChunkRange(header);
  if (range === undefined)
    return refuse({
      code: 'BLOB_UPLOAD_INVALID',
      message: `Content-Range is ${JSON.stringify(header.slice(0, 100))}, must be <start>-<end>`,
    });
  if (range.start !== part.offset)
    return outOfOrder(params, part.offset, `the chunk starts at ${range.start}, the upload goes on at ${part.offset}`);
  const length = range.end - range.start + 1;
  if (call.incoming.contentLength !== undefined && call.incoming.contentLength !== length)
    return refuse({
      code: 'SIZE_INVALID',
      message: `Content-Range names ${length} bytes, Content-Length is ${call.incoming.contentLength}`,
    });
  const refusal = await receive(part, call, range.end + 1);
  if (refusal !== undefined || part.offset === range.end + 1) return refusal;
  return refuse(
    { code: 'SIZE_INVALID', message: `Content-Range names ${length} bytes, ${part.offset - range.start} came` },
    progress(params.name, params.upload, part.offset),
  );
}

/** Appends the whole body. What arrived of a body that broke off stays, and the client goes on behind it. */
async function receive(part: Part, call: Call, end = call.registry.maxBlobBytes): Promise<Reply | undefined> {
  const limit = Math.min(end, call.registry.maxBlobBytes);
  if (part.offset + (call.incoming.contentLength ?? 0) > call.registry.maxBlobBytes) return refuseTooLarge(limit);
  try {
    await part.append(call.incoming.bulk(), limit);
    return undefined;
  } catch (error) {
    if (error instanceof PartTooLargeError)
      return limit < call.registry.maxBlobBytes ? refuseLonger() : refuseTooLarge(limit);
    if (error instanceof NoSpaceError) return refuse({ code: 'INSUFFICIENT_STORAGE' });
    if (error instanceof BodyAbortedError)
      return refuse({ code: 'BLOB_UPLOAD_INVALID', message: 'the body broke off' });
    throw error;
  }
}

/** Checks the digest, makes the bytes durable, then the link (invariant 11). A wrong digest ends the session. */
async function finish(part: Part, put: UploadParams & { readonly digest: Digest }, call: Call): Promise<Reply> {
  const { services } = call;
  const actual = await part.digest(algorithmOf(put.digest));
  if (actual !== put.digest) {
    await part.discard();
    await services.metadata.endUpload(put.upload);
    services.uploads.finished(put.upload);
    return refuse({ code: 'DIGEST_INVALID', detail: { announced: put.digest, received: actual } });
  }
  const size = part.offset;
  const locator = await part.commit();
  const link = {
    repository: keyOf(call, put.name),
    digest: put.digest,
    size,
    locator,
    upload: put.upload,
    nowMs: call.nowMs,
  };
  const outcome = await services.metadata.linkBlob(link).catch(noSpace);
  // Only now, so that the upload goes on where it was should the process die before the link. The sweep removes what cannot be removed here.
  if (outcome.kind !== 'no-space') await services.bytes.removePart(put.upload).catch(() => undefined);
  services.uploads.finished(put.upload);
  switch (outcome.kind) {
    case 'linked':
      return blobCreated(put.name, put.digest);
    case 'locked':
      return refuseLocked(outcome);
    case 'no-space':
      await services.bytes.remove(locator);
      return refuse({ code: 'INSUFFICIENT_STORAGE' });
  }
}

function blobCreated(name: RepositoryName, digest: Digest): Reply {
  return created(`/v2/${name}/blobs/${digest}`, { 'docker-content-digest': digest });
}

/** Where a session is and how far it has come; `Range` is inclusive, and reads 0-0 before the first byte too. */
function progress(name: RepositoryName, upload: UploadId, offset: number): ReplyHeaders {
  return {
    location: `/v2/${name}/blobs/uploads/${upload}`,
    'docker-upload-uuid': upload,
    range: `0-${Math.max(0, offset - 1)}`,
  };
}

function outOfOrder({ name, upload }: UploadParams, offset: number, message: string): Reply {
  return refuse({ code: 'UPLOAD_OUT_OF_ORDER', message }, progress(name, upload, offset));
}

function refuseSession(upload: UploadId): Reply {
  return refuse({ code: 'BLOB_UPLOAD_UNKNOWN', detail: { upload } });
}

function refuseDigestText(text: string | null): Reply {
  return refuse({
    code: 'DIGEST_INVALID',
    message: `digest is ${JSON.stringify(text?.slice(0, 200) ?? null)}, must be sha256:<64 hex> or sha512:<128 hex>`,
  });
}

function refuseLonger(): Reply {
  return refuse({ code: 'SIZE_INVALID', message: 'the body is longer than Content-Range says' });
}

function refuseTooLarge(limit: number): Reply {
  return refuse({ code: 'BLOB_TOO_LARGE', message: `the blob would exceed ${limit} bytes` });
}
