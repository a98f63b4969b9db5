import type { ArmError } from '../azure/error.ts';
import type { Change, StateView, StoredResource } from '../state/port.ts';
import { preempt } from './operation.ts';
import type { ProviderIndex } from './provider-index.ts';
import type { EngineRemoval, VerbContext } from './verb.ts';

/**
 * Removes a resource with all below it, each as its own type decides. The deepest go first; what refuses is asked again
 * after the others went, so that a group's members leave in the order of what needs what. All or nothing.
 */
export function removeTree(index: ProviderIndex, context: VerbContext, root: StoredResource): EngineRemoval {
  let { view } = context;
  const changes: Change[] = [];
  let left: readonly StoredResource[] = [root, ...view.below(root.key)].toSorted((a, b) => depth(b) - depth(a));
  for (;;) {
    const refusals: ArmError[] = [];
    const again: StoredResource[] = [];
    for (const { key } of left) {
      const resource = view.get(key);
      if (resource === undefined) continue;
      const outcome = removeOne(index, { ...context, view }, resource, resource.key !== root.key);
      if (outcome.kind === 'refused') {
        refusals.push(outcome.error);
        again.push(resource);
      } else {
        changes.push(...outcome.changes);
        view = view.with(outcome.changes);
      }
    }
    if (again.length === 0) return { kind: 'removed', changes };
    if (again.length === left.length) return { kind: 'refused', error: summary(refusals) };
    left = again;
  }
}

type One =
  | { readonly kind: 'gone'; readonly changes: readonly Change[] }
  | { readonly kind: 'refused'; readonly error: ArmError };

function removeOne(index: ProviderIndex, context: VerbContext, resource: StoredResource, withParent: boolean): One {
  if (hasChildren(context.view, resource)) return { kind: 'refused', error: stillHeld(resource) };
  const outcome = index.type(resource.type)?.remove?.(context, resource, withParent) ?? { kind: 'removed' };
  if (outcome.kind === 'refused') return outcome;
  const { key } = resource;
  const changes = [...preempt(context, key, index), { kind: 'remove', key } as const, ...(outcome.also ?? [])];
  return { kind: 'gone', changes };
}

function hasChildren(view: StateView, { key }: StoredResource): boolean {
  return view.below(key).length > 0;
}

/** Said only while something below refuses, whose own reason stands before it. */
function stillHeld({ id }: StoredResource): ArmError {
  return { code: 'CannotDeleteResource', message: `'${id}' cannot be deleted while resources below it cannot.` };
}

function summary(refusals: readonly ArmError[]): ArmError {
  const own = refusals.filter(({ code }) => code !== 'CannotDeleteResource');
  const [first, ...more] = own.length > 0 ? own : refusals;
  if (first === undefined) return { code: 'InternalServerError', message: 'a removal was refused without a reason' };
  return more.length === 0 ? first : { ...first, details: [first, ...more] };
}

function depth({ key }: StoredResource): number {
  return key.split('/').length;
}
