import { permits, type RolePermissions } from '../access/role.ts';
import type { ArmError } from '../azure/error.ts';
import type { ResourceKey } from '../azure/resource-id.ts';
import type { StateView, StoredResource } from '../state/port.ts';
import { roleOf } from './provider/microsoft.authorization/built-in-role.ts';

/** The type of role assignments, in lower case. */
const ROLE_ASSIGNMENT = 'microsoft.authorization/roleassignments';

/** Assignments by the object id they are for: made once for each set of assignments. */
const byPrincipal = new WeakMap<readonly StoredResource[], Map<unknown, StoredResource[]>>();

/** Whether a principal may do an action at a scope, by its role assignments there and above. `undefined` is the tenant. */
export function may(view: StateView, principalId: string, action: string, scope: ResourceKey | undefined): boolean {
  return rolesAt(view, principalId, scope).some((role) => permits(role, action));
}

/** The roles that a principal has at a scope, there and from above. */
export function rolesAt(
  view: StateView,
  principalId: string,
  scope: ResourceKey | undefined,
): readonly RolePermissions[] {
  return assignmentsOf(view, principalId).flatMap(({ key, properties }) => {
    const { roleDefinitionId } = properties;
    const role = typeof roleDefinitionId === 'string' ? roleOf(roleDefinitionId) : undefined;
    return role !== undefined && isAtOrBelow(scope, scopeOf(key)) ? [role] : [];
  });
}

/** The assignments of one principal. */
function assignmentsOf(view: StateView, principalId: string): readonly StoredResource[] {
  const all = view.ofType(ROLE_ASSIGNMENT);
  let grouped = byPrincipal.get(all);
  if (grouped === undefined) {
    grouped = Map.groupBy(all, ({ properties }) => properties['principalId']);
    byPrincipal.set(all, grouped);
  }
  return grouped.get(principalId) ?? [];
}

/** The key of what an extension resource (an assignment, a lock) is on; empty for the tenant. */
export function scopeOf(key: ResourceKey): ResourceKey {
  return key.slice(0, key.lastIndexOf('/providers/')) as ResourceKey;
}

/** Whether a scope is another one or lies within it. */
export function isAtOrBelow(scope: ResourceKey | undefined, above: ResourceKey): boolean {
  return above === '' || scope === above || scope?.startsWith(`${above}/`) === true;
}

/** The refusal of who may not, in Azure's words. */
export function notAuthorised(caller: string, action: string, scope: string): ArmError {
  const message =
    `The client '${caller}' with object id '${caller}' does not have authorization to perform action '${action}' over ` +
    `scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
  return { code: 'AuthorizationFailed', message };
}
