import type { ResourceProvider } from '../../resource-type.ts';
import { LOCK } from './lock.ts';
import { permissionRoute } from './permission.ts';
import { ROLE_ASSIGNMENT } from './role-assignment.ts';
import { roleDefinitionRoutes } from './role-definition.ts';

/** Microsoft.Authorization: who may do what, and what nobody may do while it is locked. */
export const AUTHORIZATION_PROVIDER: ResourceProvider = {
  namespace: 'Microsoft.Authorization',
  types: [ROLE_ASSIGNMENT, LOCK],
  routes: [...roleDefinitionRoutes(), permissionRoute()],
};
