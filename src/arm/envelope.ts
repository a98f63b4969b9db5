import type { ArmError } from '../azure/error.ts';
import type { JsonObject } from '../azure/json.ts';
import type { ResourceId } from '../azure/resource-id.ts';
import type { StoredResource } from '../state/port.ts';
import { normaliseLocation } from './stored-resource.ts';
import type { ResourceType } from './resource-type.ts';

/** Members at the top of a body that every type answers and clients send back: they say nothing new. */
const ANSWERED = ['id', 'name', 'type', 'etag', 'systemData'];
const MAX_TAGS = 50;
const MAX_TAG_NAME = 512;
const MAX_TAG_VALUE = 256;

/** What the pipeline itself reads of a body, and what is left for the type. */
export interface Envelope {
  readonly location: string | undefined;
  readonly tags: Readonly<Record<string, string>> | undefined;
  readonly rest: JsonObject;
}

/** Takes location, tags and what only repeats the request out of a body; an error names the member that is wrong. */
export function readEnvelope(
  type: ResourceType,
  {
    id,
    body,
    existing,
  }: { readonly id: ResourceId; readonly body: JsonObject; readonly existing: StoredResource | undefined },
): { readonly kind: 'read'; readonly envelope: Envelope } | { readonly kind: 'refused'; readonly error: ArmError } {
  const { location, tags, ...others } = body;
  const rest = Object.fromEntries(Object.entries(others).filter(([name]) => !ANSWERED.includes(name)));
  const error = repeatedRefusal(id, body) ?? tagRefusal(tags) ?? locationRefusal(type, location, existing);
  if (error !== undefined) return { kind: 'refused', error };
  const envelope = {
    location: typeof location === 'string' ? normaliseLocation(location) : existing?.location,
    tags: isTags(tags) ? tags : undefined,
    rest,
  };
  return { kind: 'read', envelope };
}

/** An id, name or type in the body has to be the one of the request. */
function repeatedRefusal({ key, name }: ResourceId, body: JsonObject): ArmError | undefined {
  const wrong = (target: string, value: unknown, expected: string): ArmError => ({
    code: 'InvalidRequestContent',
    target,
    message: `The value ${JSON.stringify(value)} of '${target}' is not that of the request: it must be '${expected}' or left out.`,
  });
  const { id: asked, name: called } = body;
  if (typeof asked === 'string' && asked !== '' && asked.toLowerCase() !== key) return wrong('id', asked, key);
  if (typeof called === 'string' && called.toLowerCase() !== name.toLowerCase() && !called.includes('/'))
    return wrong('name', called, name);
  return undefined;
}

function isTags(tags: unknown): tags is Readonly<Record<string, string>> {
  return typeof tags === 'object' && tags !== null && !Array.isArray(tags);
}

/** Tags: at most 50, names of at most 512 characters without `<>%&\?/`, values of at most 256. */
export function tagRefusal(tags: unknown): ArmError | undefined {
  if (tags === undefined || tags === null) return undefined;
  const invalid = (message: string): ArmError => ({ code: 'InvalidTag', target: 'tags', message });
  if (!isTags(tags)) return invalid(`The value ${JSON.stringify(tags)} of 'tags' is not an object of names and texts.`);
  const entries = Object.entries(tags);
  if (entries.length > MAX_TAGS) return invalid(`There are ${entries.length} tags; at most ${MAX_TAGS} are allowed.`);
  for (const [name, value] of entries) {
    if (name === '' || name.length > MAX_TAG_NAME || /[<>%&\\?/]/.test(name))
      return invalid(`The tag name '${name}' must have 1 to ${MAX_TAG_NAME} characters and none of <>%&\\?/.`);
    if (typeof value !== 'string' || value.length > MAX_TAG_VALUE)
      return invalid(
        `The value ${JSON.stringify(value)} of the tag '${name}' must be a text of at most ${MAX_TAG_VALUE} characters.`,
      );
  }
  return undefined;
}

function locationRefusal(
  type: ResourceType,
  location: unknown,
  existing: StoredResource | undefined,
): ArmError | undefined {
  if (location === undefined || location === null) {
    if (type.location !== 'required' || existing !== undefined) return undefined;
    return {
      code: 'LocationRequired',
      target: 'location',
      message: 'The location property is required for this definition.',
    };
  }
  if (typeof location !== 'string' || normaliseLocation(location) === '')
    return {
      code: 'InvalidRequestContent',
      target: 'location',
      message: `The value ${JSON.stringify(location)} of 'location' is not the name of a region, such as westeurope.`,
    };
  if (type.location === 'none')
    return {
      code: 'InvalidRequestContent',
      target: 'location',
      message: `'location' is not known: a ${type.type} has none.`,
    };
  if (existing?.location === undefined || existing.location === normaliseLocation(location)) return undefined;
  const message =
    `The resource '${existing.name}' already exists in location '${existing.location}'. A resource with the same name ` +
    `cannot be created in location '${location}'. Please select a new resource name.`;
  return { code: 'InvalidResourceLocation', target: 'location', message };
}
