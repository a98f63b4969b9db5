import type { StateView } from '../state/port.ts';

const KNOWN = new WeakMap<StateView, Map<unknown, unknown>>();

/**
 * What `build` makes of a view, made once for each view: who asks for one resource after another does not walk all of them
 * each time. `build` has to be the same function each time, and pure.
 */
export function indexed<T>(view: StateView, build: (view: StateView) => T): T {
  const own = KNOWN.get(view) ?? new Map<unknown, unknown>();
  KNOWN.set(view, own);
  // What stands under a function is what it made.
  if (own.has(build)) return own.get(build) as T;
  const made = build(view);
  own.set(build, made);
  return made;
}
