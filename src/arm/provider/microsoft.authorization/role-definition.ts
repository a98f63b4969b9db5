import type { JsonObject } from '../../../azure/json.ts';
import { readFilter } from '../../filter.ts';
import type { ArmRoute } from '../../resource-type.ts';
import { refused } from '../../verb.ts';
import { BUILT_IN_ROLES, type BuiltInRole, roleOf } from './built-in-role.ts';

const FIELDS = ['roleName', 'type'];
const PATH = 'providers/Microsoft.Authorization/roleDefinitions';
/** `$filter` may hold these calls, which leave built-in roles as they are: every scope has them. */
const SCOPES = /(?:\s+and\s+)?(?:atScopeAndBelow|atScope)\(\)(?:\s+and\s+)?/gi;

/** Role definitions: those that are built in, at every scope (`az role definition list`, `az role assignment create --role`). */
export function roleDefinitionRoutes(): readonly ArmRoute[] {
  const list: ArmRoute['run'] = (_, { parameters, query }) => {
    const text = (query.get('$filter') ?? '').replaceAll(SCOPES, '').trim();
    const read = text === '' ? undefined : readFilter(text, FIELDS);
    if (read?.kind === 'refused') return read;
    const roles = BUILT_IN_ROLES.filter((role) => read === undefined || read.filter((field) => fieldOf(role, field)));
    return { kind: 'answered', body: { value: roles.map((role) => projectRole(role, parameters['name'])) } };
  };
  const show: ArmRoute['run'] = (_, { parameters }) => {
    const role = roleOf(parameters['role'] ?? '');
    if (role !== undefined) return { kind: 'answered', body: projectRole(role, parameters['name']) };
    const message = `The specified role definition with ID '${parameters['role'] ?? ''}' does not exist.`;
    return refused({ code: 'RoleDefinitionDoesNotExist', message });
  };
  // Any signed-in caller may read them: they are the same in every Azure.
  return ['/{name}/', '/'].flatMap((scope) => [
    { method: 'GET', path: `${scope}${PATH}`, permission: undefined, run: list } as const,
    { method: 'GET', path: `${scope}${PATH}/{role}`, permission: undefined, run: show } as const,
  ]);
}

function fieldOf(role: BuiltInRole, field: string): string | undefined {
  return field === 'rolename' ? role.name : 'BuiltInRole';
}

function projectRole(
  { guid, name, description, actions, notActions }: BuiltInRole,
  scope: string | undefined,
): JsonObject {
  const [subscriptions, id] = (scope ?? '').split('/');
  const at = subscriptions?.toLowerCase() === 'subscriptions' && id !== undefined ? `/subscriptions/${id}` : '';
  return {
    id: `${at}/${PATH}/${guid}`,
    name: guid,
    type: 'Microsoft.Authorization/roleDefinitions',
    properties: {
      roleName: name,
      type: 'BuiltInRole',
      description,
      assignableScopes: ['/'],
      permissions: [{ actions, notActions, dataActions: [], notDataActions: [] }],
    },
  };
}
