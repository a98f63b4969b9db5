import type { ArmError } from '../azure/error.ts';
import type { ResourceId } from '../azure/resource-id.ts';
import type { StateView, StoredResource } from '../state/port.ts';
import { isAtOrBelow, scopeOf } from './authorise.ts';

/** The type of management locks, in lower case. */
const LOCK = 'microsoft.authorization/locks';

/**
 * Why locks forbid an operation: a lock at the resource or above it, and for a deletion any lock below it. `CanNotDelete`
 * forbids deletion, `ReadOnly` every change. Locks themselves can always be changed. `undefined`: nothing forbids it.
 */
export function lockRefusal(view: StateView, id: ResourceId, operation: 'write' | 'delete'): ArmError | undefined {
  if (id.type.toLowerCase() === LOCK) return undefined;
  const locks = view.ofType(LOCK).filter((lock) => forbids(lock, operation));
  const held = locks.filter(({ key }) => {
    const scope = scopeOf(key);
    return isAtOrBelow(id.key, scope) || (operation === 'delete' && isAtOrBelow(scope, id.key));
  });
  if (held.length === 0) return undefined;
  const scopes = held.map(({ id: lock }) => `'${lock.slice(0, lock.toLowerCase().lastIndexOf('/providers/'))}'`);
  const message =
    `The scope '${id.id}' cannot perform ${operation} operation because following scope(s) are locked: ` +
    `${scopes.join(', ')}. Please remove the lock and try again.`;
  return { code: 'ScopeLocked', message };
}

function forbids({ properties }: StoredResource, operation: 'write' | 'delete'): boolean {
  return properties['level'] === 'ReadOnly' || operation === 'delete';
}
