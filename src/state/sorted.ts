import type { ResourceKey } from '../azure/resource-id.ts';
import type { Change, StoredResource } from './port.ts';

/** Resources in the order of their keys, each key once. */
export type Sorted = readonly StoredResource[];

/** The resource of this key; `undefined` when there is none. */
export function find(sorted: Sorted, key: ResourceKey): StoredResource | undefined {
  const found = sorted[firstFrom(sorted, key)];
  return found?.key === key ? found : undefined;
}

/** Every resource whose key begins with `key` and a slash. They stand together: the slash is followed by `0` in the order. */
export function allBelow(sorted: Sorted, key: ResourceKey): Sorted {
  return sorted.slice(firstFrom(sorted, `${key}/`), firstFrom(sorted, `${key}0`));
}

/** The resources after some changes, the last change of a key standing; takes time in proportion to both. */
export function changed(sorted: Sorted, changes: readonly Change[]): Sorted {
  const last = new Map(changes.map((change) => [keyOf(change), change]));
  const ordered = [...last.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const result: StoredResource[] = [];
  let from = 0;
  for (const change of ordered) {
    const key = keyOf(change);
    const at = firstFrom(sorted, key);
    for (; from < at; from += 1) result.push(entryAt(sorted, from));
    if (sorted[at]?.key === key) from = at + 1;
    if (change.kind === 'put') result.push(change.resource);
  }
  for (; from < sorted.length; from += 1) result.push(entryAt(sorted, from));
  return result;
}

/** The key that a change is about. */
export function keyOf(change: Change): ResourceKey {
  return change.kind === 'put' ? change.resource.key : change.key;
}

/** The index of the first resource whose key is not before `text`. */
function firstFrom(sorted: Sorted, text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entryAt(sorted, middle).key < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

function entryAt(sorted: Sorted, index: number): StoredResource {
  const resource = sorted[index];
  if (resource === undefined) throw new RangeError(`no resource at ${index} of ${sorted.length}`);
  return resource;
}
