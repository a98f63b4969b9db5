import { keyOfId, parseResourceId } from '../azure/resource-id.ts';
import type { StoredResource } from './port.ts';

/** A stored resource of this id, for tests: whatever is not given is plain and the same every time. */
export function storedResource(id: string, given: Partial<StoredResource> = {}): StoredResource {
  const parsed = parseResourceId(id);
  if (parsed === undefined) throw new TypeError(`${id} is not a resource id`);
  return {
    key: keyOfId(id),
    id,
    uid: `uid of ${id}`,
    type: parsed.type.toLowerCase(),
    name: parsed.name,
    tags: {},
    properties: {},
    envelope: {},
    etag: '"1"',
    createdMs: 1,
    createdBy: 'somebody',
    changedMs: 1,
    changedBy: 'somebody',
    ...given,
  };
}
