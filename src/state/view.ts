import type { ResourceKey } from '../azure/resource-id.ts';
import type { Change, Generation, StateView, StoredResource } from './port.ts';
import { allBelow, changed, find, keyOf, type Sorted } from './sorted.ts';

/** Resources by full type in lower case. */
type ByType = ReadonlyMap<string, Sorted>;

/** The view of these resources, in any order; a key may occur once. */
export function viewOf(generation: Generation, resources: readonly StoredResource[]): IndexedView {
  const all = resources.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return new IndexedView(
    generation,
    all,
    Map.groupBy(all, ({ type }) => type),
  );
}

/** A view over sorted arrays. A change copies the arrays it is about, which takes some 90 µs with 10,000 resources. */
export class IndexedView implements StateView {
  readonly generation: Generation;
  readonly #all: Sorted;
  readonly #byType: ByType;

  constructor(generation: Generation, all: Sorted, byType: ByType) {
    this.generation = generation;
    this.#all = all;
    this.#byType = byType;
  }

  get(key: ResourceKey): StoredResource | undefined {
    return find(this.#all, key);
  }

  below(key: ResourceKey): readonly StoredResource[] {
    return allBelow(this.#all, key);
  }

  ofType(type: string, scope?: ResourceKey): readonly StoredResource[] {
    const all = this.#byType.get(type) ?? [];
    return scope === undefined ? all : allBelow(all, scope);
  }

  with(changes: readonly Change[]): IndexedView {
    return this.after(this.generation, changes);
  }

  /** The view after some changes. This one stays as it is. */
  after(generation: Generation, changes: readonly Change[]): IndexedView {
    const byType = new Map(this.#byType);
    // The last change of a key is the one that counts: what is made and removed in one commit never was.
    const last = [...new Map(changes.map((change) => [keyOf(change), change])).values()];
    const types = Map.groupBy(last, (change) => this.#typeOf(change));
    for (const [type, own] of types) if (type !== undefined) byType.set(type, changed(byType.get(type) ?? [], own));
    return new IndexedView(generation, changed(this.#all, last), byType);
  }

  /** A key names one type, in its path; what was never there and is removed has none. */
  #typeOf(change: Change): string | undefined {
    return change.kind === 'put' ? change.resource.type : this.get(keyOf(change))?.type;
  }
}
