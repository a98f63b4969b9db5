import { CROWDED, type Incoming, readBody } from '../../http/incoming.ts';
import { isJsonObject } from '../../oci/descriptor.ts';
import type { OciError } from '../../oci/error.ts';
import type { Attributes } from '../../store/port.ts';

/** The largest PATCH body read, in bytes. */
const MAX_BODY = 64 * 1024;

const NAMES = ['deleteEnabled', 'writeEnabled', 'listEnabled', 'readEnabled'] as const;

/** Reads the attributes that a PATCH changes (facts/acr.md §3.4); any other property is refused by name. */
export async function readAttributes(incoming: Incoming): Promise<Partial<Attributes> | OciError> {
  const body = await readBody(incoming, MAX_BODY);
  if (body.kind === 'too-large') return invalid(`the body is larger than ${MAX_BODY} bytes`);
  if (body.kind === 'crowded') return { code: 'TOOMANYREQUESTS', message: CROWDED };
  if (body.kind === 'broken-off') return invalid('the body broke off before its end');
  let json: unknown;
  try {
    json = JSON.parse(body.bytes.toString('utf8'));
  } catch {
    return invalid('the body is not JSON');
  }
  if (!isJsonObject(json)) return invalid('the body is not a JSON object');
  const change: { -readonly [K in keyof Attributes]?: boolean } = {};
  for (const [key, value] of Object.entries(json)) {
    const name = NAMES.find((known) => known === key);
    if (name === undefined) return invalid(`${JSON.stringify(key.slice(0, 80))} is not one of ${NAMES.join(', ')}`);
    if (typeof value !== 'boolean')
      return invalid(`${name} is ${JSON.stringify(value)?.slice(0, 80)}, must be true or false`);
    change[name] = value;
  }
  return change;
}

function invalid(message: string): OciError {
  return { code: 'REQUEST_INVALID', message };
}
