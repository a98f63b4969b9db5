import type { Incoming } from '../../http/incoming.ts';
import type { OciError } from '../../oci/error.ts';
import type { Attributes } from '../../store/port.ts';
import { invalid, readJsonBody } from './json-body.ts';

const NAMES = ['deleteEnabled', 'writeEnabled', 'listEnabled', 'readEnabled'] as const;

/** Reads the attributes that a PATCH changes (facts/acr.md §3.4); any other property is refused by name. */
export async function readAttributes(incoming: Incoming): Promise<Partial<Attributes> | OciError> {
  const read = await readJsonBody(incoming);
  if ('code' in read) return read;
  const change: { -readonly [K in keyof Attributes]?: boolean } = {};
  for (const [key, value] of Object.entries(read.json)) {
    const name = NAMES.find((known) => known === key);
    if (name === undefined) return invalid(`${JSON.stringify(key.slice(0, 80))} is not one of ${NAMES.join(', ')}`);
    if (typeof value !== 'boolean')
      return invalid(`${name} is ${JSON.stringify(value)?.slice(0, 80)}, must be true or false`);
    change[name] = value;
  }
  return change;
}
