import type { Digest } from '../../oci/digest.ts';
import type { RepositoryName, Tag } from '../../oci/reference.ts';
import type { Attributes, Locked } from '../port.ts';

/** What a new repository, manifest or tag may have done to it: everything. */
export const UNLOCKED: Attributes = { deleteEnabled: true, writeEnabled: true, listEnabled: true, readEnabled: true };

/** A thing that can be locked, with the attributes it has. */
export type Lockable = { readonly attributes: Attributes } & (
  | { readonly what: 'repository'; readonly name: RepositoryName }
  | { readonly what: 'manifest'; readonly name: Digest }
  | { readonly what: 'tag'; readonly name: Tag }
);

/** The refusal to push to or change a thing, when `writeEnabled` is false (facts/acr.md §3.4, "Lock semantics"). */
export function refusesWrite(thing: Lockable | undefined): Locked | undefined {
  return thing === undefined || thing.attributes.writeEnabled ? undefined : locked(thing);
}

/** The refusal to delete a thing: either lock forbids it (facts/acr.md §3.4, "Lock semantics"). */
export function refusesDelete(thing: Lockable | undefined): Locked | undefined {
  if (thing === undefined) return undefined;
  return thing.attributes.writeEnabled && thing.attributes.deleteEnabled ? undefined : locked(thing);
}

function locked(thing: Lockable): Locked {
  return { kind: 'locked', what: thing.what, name: thing.name };
}
