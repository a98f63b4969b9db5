/**
 * The desired state of every Azure resource: what the management API has been told. One {@link State} per server; its
 * contract suite stands beside this file. Reads are synchronous, on an immutable numbered view; writes are serial.
 */
import type { JsonObject } from '../azure/json.ts';
import type { ResourceKey } from '../azure/resource-id.ts';

/** The number of a view: `sequence` rises with every commit, `epoch` with every restore from a backup. */
export interface Generation {
  readonly epoch: number;
  readonly sequence: number;
}

/** One resource as it is kept: api-versions are projections of it (facts/acr.md §1.1). Times are ms since the epoch. */
export interface StoredResource {
  readonly key: ResourceKey;
  /** The id in the case of its creation. */
  readonly id: string;
  /** Immutable; a resource created again under an old id has another. */
  readonly uid: string;
  /** The full type in lower case, such as `microsoft.network/virtualnetworks/subnets`. */
  readonly type: string;
  readonly name: string;
  readonly location?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** `properties` of the resource, in the widest form that any api-version shows. */
  readonly properties: JsonObject;
  /** Other members at the top: `sku`, `identity`, `kind`, `zones`, `plan`, `managedBy` … */
  readonly envelope: JsonObject;
  /** Changes with every change of the resource; quoted as it stands in a header. */
  readonly etag: string;
  readonly createdMs: number;
  readonly createdBy: string;
  readonly changedMs: number;
  readonly changedBy: string;
}

/** All resources at one generation. Immutable. */
export interface StateView {
  readonly generation: Generation;
  get(key: ResourceKey): StoredResource | undefined;
  /** Every resource whose id lies below this one, at any depth, in the order of keys; extension resources among them. */
  below(key: ResourceKey): readonly StoredResource[];
  /** Every resource of a full type (lower case), in the order of keys; with `scope`, those below it. */
  ofType(type: string, scope?: ResourceKey): readonly StoredResource[];
  /** This view after some changes that are not committed, under its own number: what several verbs of one decision see. */
  with(changes: readonly Change[]): StateView;
}

/** One change. A `put` replaces the whole resource. */
export type Change =
  | { readonly kind: 'put'; readonly resource: StoredResource }
  | { readonly kind: 'remove'; readonly key: ResourceKey };

/** What a decision comes to: changes to be made as one, or none; `value` is for the caller. */
export interface Decision<T> {
  readonly value: T;
  readonly changes: readonly Change[];
}

/** A committed decision, with the generation that has its changes (unchanged when there were none). */
export interface Committed<T> {
  readonly value: T;
  readonly generation: Generation;
}

/** Told of every new view, in order. The commit is answered when every follower's promise has settled. */
export type Follower = (view: StateView, changes: readonly Change[]) => Promise<void>;

/** Reads the state. */
export interface StateReader {
  /** The newest view. */
  view(): StateView;
  /** Tells `follower` of every view from now on; the function it answers ends that. */
  follow(follower: Follower): () => void;
}

/** Changes the state. */
export interface StateWriter {
  /**
   * Runs a pure, synchronous decision on the newest view and commits its changes as one: durable, visible and
   * acknowledged by every follower when it resolves. Decisions are run one after another; one that throws changes nothing.
   */
  commit<T>(decide: (view: StateView) => Decision<T>): Promise<Committed<T>>;
}

/** The state, open. */
export interface State extends StateReader, StateWriter, AsyncDisposable {}
