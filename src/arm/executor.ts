import { parseResourceId } from '../azure/resource-id.ts';
import type { Executor } from './operation-runner.ts';

/** Removes what an operation is about with all below it: as far as it still may, in the order of what needs what. */
const remove: Executor =
  ({ resource }) =>
  (context) => {
    const kept = context.view.get(resource);
    const id = kept === undefined ? undefined : parseResourceId(kept.id);
    if (id === undefined) return { kind: 'succeeded' };
    const removed = context.engine.remove(context, id);
    if (removed.kind === 'refused') return { kind: 'failed', error: removed.error };
    return { kind: 'succeeded', also: removed.kind === 'removed' ? removed.changes : [] };
  };

/** What the management API itself does of operations, by their kind. */
export const EXECUTORS = { remove } as const satisfies Readonly<Record<string, Executor>>;
