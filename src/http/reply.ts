import type { BlobReader } from '../store/port.ts';
import type { ByteRange } from '../oci/range.ts';
import { type ArmError, renderArmError } from '../azure/error.ts';
import { MEDIA_TYPE } from '../oci/media-type.ts';
import { type OciError, renderOciError } from '../oci/error.ts';

/** Header names and values of an answer; several values are sent as several lines. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>;

/** What follows an answer's headers. A `blob` is closed by whoever sends it. */
export type ReplyBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'bytes'; readonly bytes: string | Buffer }
  | { readonly kind: 'blob'; readonly blob: BlobReader; readonly range: ByteRange | undefined };

/** One answer. Made by the functions of this file alone, so that every status is chosen here. */
export interface Reply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: ReplyBody;
  /** The code of the refusal, for the log and the metrics. */
  readonly refusal?: string;
}

/** Who asks too much is told when to ask again (RFC 6585 §4). */
const SOON: ReplyHeaders = { 'retry-after': '1' };

const NONE: ReplyBody = { kind: 'none' };

/** 200 with a JSON body. */
export function okJson(value: unknown, headers: ReplyHeaders = {}): Reply {
  return okBytes(JSON.stringify(value), { 'content-type': MEDIA_TYPE.json, ...headers });
}

/** 200 with these bytes. */
export function okBytes(bytes: string | Buffer, headers: ReplyHeaders): Reply {
  return {
    status: 200,
    headers: { 'content-length': String(Buffer.byteLength(bytes)), ...headers },
    body: { kind: 'bytes', bytes },
  };
}

/** 200 with headers only, as HEAD is answered; `headers` carry the length the body would have. */
export function okHead(headers: ReplyHeaders): Reply {
  return { status: 200, headers, body: NONE };
}

/** 200 with a whole blob, or 206 with a part of it. */
export function okBlob(blob: BlobReader, range: ByteRange | undefined, headers: ReplyHeaders): Reply {
  if (range === undefined)
    return {
      status: 200,
      headers: { 'content-length': String(blob.size), ...headers },
      body: { kind: 'blob', blob, range },
    };
  const part = {
    'content-length': String(range.end - range.start + 1),
    'content-range': `bytes ${range.start}-${range.end}/${blob.size}`,
  };
  return { status: 206, headers: { ...headers, ...part }, body: { kind: 'blob', blob, range } };
}

/** 201: the resource is at `location`. */
export function created(location: string, headers: ReplyHeaders = {}): Reply {
  return { status: 201, headers: { location, 'content-length': '0', ...headers }, body: NONE };
}

/** 201 with a JSON body: what was made. */
export function createdJson(value: unknown, headers: ReplyHeaders = {}): Reply {
  return { ...okJson(value, headers), status: 201 };
}

/** 202, with or without a JSON body. */
export function accepted(headers: ReplyHeaders = {}, value?: unknown): Reply {
  if (value === undefined) return { status: 202, headers: { 'content-length': '0', ...headers }, body: NONE };
  return { ...okJson(value, headers), status: 202 };
}

/** 204. */
export function noContent(headers: ReplyHeaders = {}): Reply {
  return { status: 204, headers, body: NONE };
}

/** 307: the same request is to be sent to `location`. */
export function redirect(location: string): Reply {
  return { status: 307, headers: { location, 'content-length': '0' }, body: NONE };
}

/** 304: what the client has is still right. */
export function notModified(headers: ReplyHeaders): Reply {
  return { status: 304, headers, body: NONE };
}

/** A refusal in the form of the distribution specification, "Error Codes". */
export function refuse(error: OciError, headers: ReplyHeaders = {}): Reply {
  const waits = error.code === 'TOOMANYREQUESTS' ? { ...SOON, ...headers } : headers;
  return rendered(renderOciError(error), error.code, waits);
}

/**
 * 403 for a client whose network is not admitted, in the words of Azure's service, apostrophes escaped as it does
 * (facts/acr.md §2.1).
 */
export function refuseClient(address: string, headers: ReplyHeaders): Reply {
  const message = `client with IP '${address}' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.`;
  const { status, body } = renderOciError({ code: 'DENIED', message });
  return rendered({ status, body: body.replaceAll("'", String.raw`\u0027`) }, 'network-denied', headers);
}

/** The same answer with more headers. */
export function withHeaders(reply: Reply, headers: ReplyHeaders): Reply {
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

/** A refusal in the form of Azure's management API. */
export function refuseArm(error: ArmError, headers: ReplyHeaders = {}): Reply {
  const waits = error.code === 'TooManyRequests' ? { ...SOON, ...headers } : headers;
  return rendered(renderArmError(error), error.code, waits);
}

/** 503: alive, but not able to serve. */
export function notReady(why: string): Reply {
  return rendered({ status: 503, body: JSON.stringify({ ready: false, why }) }, 'not-ready', { 'retry-after': '1' });
}

function rendered({ status, body }: { status: number; body: string }, refusal: string, headers: ReplyHeaders): Reply {
  const length = String(Buffer.byteLength(body));
  return {
    status,
    headers: { 'content-type': MEDIA_TYPE.json, 'content-length': length, ...headers },
    body: { kind: 'bytes', bytes: body },
    refusal,
  };
}
