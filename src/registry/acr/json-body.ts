import { CROWDED, type Incoming, readBody } from '../../http/incoming.ts';
import { isJsonObject, type JsonObject } from '../../oci/descriptor.ts';
import type { OciError } from '../../oci/error.ts';

/** The largest body read, in bytes. */
const MAX_BODY = 64 * 1024;

/** Reads a body that is a JSON object; an empty one is an empty object where `mayBeEmpty`. */
export async function readJsonBody(
  incoming: Incoming,
  { mayBeEmpty = false } = {},
): Promise<{ readonly json: JsonObject } | OciError> {
  const body = await readBody(incoming, MAX_BODY);
  if (body.kind === 'too-large') return invalid(`the body is larger than ${MAX_BODY} bytes`);
  if (body.kind === 'crowded') return { code: 'TOOMANYREQUESTS', message: CROWDED };
  if (body.kind === 'broken-off') return invalid('the body broke off before its end');
  if (mayBeEmpty && body.bytes.length === 0) return { json: {} };
  let json: unknown;
  try {
    json = JSON.parse(body.bytes.toString('utf8'));
  } catch {
    return invalid('the body is not JSON');
  }
  return isJsonObject(json) ? { json } : invalid('the body is not a JSON object');
}

/** Says what is wrong with a request. */
export function invalid(message: string): OciError {
  return { code: 'REQUEST_INVALID', message };
}
