import { parseResourceId } from '../../../azure/resource-id.ts';
import { rolesAt } from '../../authorise.ts';
import type { ArmRoute } from '../../resource-type.ts';

/** What the caller may do at a scope: the permissions of its roles there. */
export function permissionRoute(): ArmRoute {
  return {
    method: 'GET',
    path: '/{name}/providers/Microsoft.Authorization/permissions',
    permission: undefined,
    run: ({ view, caller }, { parameters }) => {
      const scope = parseResourceId(`/${parameters['name'] ?? ''}`);
      const roles = rolesAt(view, caller, scope?.key);
      const value = roles.map(({ actions, notActions }) => ({
        actions,
        notActions,
        dataActions: [],
        notDataActions: [],
      }));
      return { kind: 'answered', body: { value } };
    },
  };
}
