import type { RolePermissions } from '../../../access/role.ts';

/** A role that Azure has in every subscription. */
export interface BuiltInRole extends RolePermissions {
  /** Azure's own GUID of it, the name in its resource id. */
  readonly guid: string;
  readonly name: string;
  readonly description: string;
}

const REGISTRY = 'Microsoft.ContainerRegistry/registries';

/**
 * The built-in roles that registries need. Their names are those of facts/acr.md §3.3, their GUIDs those that Azure's verified
 * module of registries has; the permissions were written from memory and are not yet held against Azure's documentation.
 */
export const BUILT_IN_ROLES: readonly BuiltInRole[] = [
  {
    guid: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
    name: 'Owner',
    description: 'Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.',
    actions: ['*'],
    notActions: [],
  },
  {
    guid: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
    name: 'Contributor',
    description: 'Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC.',
    actions: ['*'],
    notActions: [
      'Microsoft.Authorization/*/Delete',
      'Microsoft.Authorization/*/Write',
      'Microsoft.Authorization/elevateAccess/Action',
    ],
  },
  {
    guid: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
    name: 'Reader',
    description: 'View all resources, but does not allow you to make any changes.',
    actions: ['*/read'],
    notActions: [],
  },
  {
    guid: '4d97b98b-1d4f-4787-a291-c67834d212e7',
    name: 'Network Contributor',
    description: 'Lets you manage networks, but not access to them.',
    actions: ['Microsoft.Network/*', 'Microsoft.Authorization/*/read', 'Microsoft.Resources/deployments/*'],
    notActions: [],
  },
  {
    guid: '7f951dda-4ed3-4680-a7ca-43fe172d538d',
    name: 'AcrPull',
    description: 'acr pull',
    actions: [`${REGISTRY}/pull/read`],
    notActions: [],
  },
  {
    guid: '8311e382-0749-4cb8-b61a-304f252e45ec',
    name: 'AcrPush',
    description: 'acr push',
    actions: [`${REGISTRY}/pull/read`, `${REGISTRY}/push/write`],
    notActions: [],
  },
  {
    guid: 'c2f4ef07-c644-48eb-af81-4b1b4947fb11',
    name: 'AcrDelete',
    description: 'acr delete',
    actions: [`${REGISTRY}/artifacts/delete`],
    notActions: [],
  },
  {
    guid: '6cef56e8-d556-48e5-a04f-b8e64114680f',
    name: 'AcrImageSigner',
    description: 'acr image signer',
    actions: [`${REGISTRY}/sign/write`],
    notActions: [],
  },
];

/** The built-in role that a role definition's id (at any scope) ends in. */
export function roleOf(definitionId: string): BuiltInRole | undefined {
  const guid = definitionId.slice(definitionId.lastIndexOf('/') + 1).toLowerCase();
  return BUILT_IN_ROLES.find((role) => role.guid === guid);
}
