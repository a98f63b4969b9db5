import Type from 'typebox';
import type { ArmError } from '../../../azure/error.ts';
import type { Json } from '../../../azure/json.ts';
import type { ResourceId } from '../../../azure/resource-id.ts';
import type { StateView, StoredResource } from '../../../state/port.ts';
import { isAtOrBelow, scopeOf } from '../../authorise.ts';
import type { ResourceType } from '../../resource-type.ts';
import { storedResource } from '../../stored-resource.ts';
import { refused, type VerbContext, type WriteRequest } from '../../verb.ts';
import { roleOf } from './built-in-role.ts';

const TYPE = 'microsoft.authorization/roleassignments';
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ANSWERED = { readOnly: true } as const;
const PROPERTIES = Type.Object(
  {
    roleDefinitionId: Type.String(),
    principalId: Type.String(),
    principalType: Type.Optional(Type.Enum(['User', 'Group', 'ServicePrincipal', 'ForeignGroup', 'Device'])),
    description: Type.Optional(Type.Union([Type.String({ maxLength: 1024 }), Type.Null()])),
    // Conditions are not evaluated here, so one that is asked for is refused below.
    condition: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    conditionVersion: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    delegatedManagedIdentityResourceId: Type.Optional(Type.Null()),
    canDelegate: Type.Optional(Type.Literal(false)),
    scope: Type.Optional(Type.String(ANSWERED)),
    createdOn: Type.Optional(Type.String(ANSWERED)),
    updatedOn: Type.Optional(Type.String(ANSWERED)),
    createdBy: Type.Optional(Type.Union([Type.String(), Type.Null()], ANSWERED)),
    updatedBy: Type.Optional(Type.Union([Type.String(), Type.Null()], ANSWERED)),
  },
  { additionalProperties: false },
);

/** Role assignments, at any scope: they are what `may` decides by. */
export const ROLE_ASSIGNMENT: ResourceType = {
  type: 'Microsoft.Authorization/roleAssignments',
  apiVersions: {
    kind: 'range',
    from: '2014-10-01',
    shown: ['2022-04-01', '2020-10-01-preview', '2020-04-01-preview', '2018-01-01-preview', '2015-07-01'],
  },
  location: 'none',
  extension: true,
  schema: Type.Object({ properties: PROPERTIES }, { additionalProperties: false }),
  put: (context, request) => {
    const asked = read(request);
    const error = refusal(context.view, request, asked);
    if (error !== undefined) return refused(error);
    return { kind: 'written', resource: storedResource(context, request, { properties: asked }) };
  },
  project: projectAssignment,
  deletion: 'shown',
  list: listAssignments,
};

type Assignment = {
  readonly roleDefinitionId: string;
  readonly principalId: string;
  readonly principalType: string;
  readonly description?: string;
  readonly condition?: string;
};

/** What is kept; the ids as Azure shows them: the principal's in lower case, the role's with its subscription. */
function read({ body, id }: WriteRequest): Assignment {
  const given = body['properties'] as Readonly<Record<string, unknown>>;
  const text = (name: string): string | undefined => (typeof given[name] === 'string' ? given[name] : undefined);
  const guid = roleOf(text('roleDefinitionId') ?? '')?.guid;
  const at = id.subscription === undefined ? '' : `/subscriptions/${id.subscription}`;
  const description = text('description');
  const condition = text('condition');
  return {
    roleDefinitionId:
      guid === undefined
        ? (text('roleDefinitionId') ?? '')
        : `${at}/providers/Microsoft.Authorization/roleDefinitions/${guid}`,
    principalId: (text('principalId') ?? '').toLowerCase(),
    principalType: text('principalType') ?? 'ServicePrincipal',
    ...(description === undefined ? {} : { description }),
    ...(condition === undefined ? {} : { condition }),
  };
}

function refusal(
  view: StateView,
  { id, existing }: WriteRequest,
  { roleDefinitionId, principalId, condition }: ReturnType<typeof read>,
): ArmError | undefined {
  if (!GUID.test(id.name))
    return {
      code: 'InvalidRoleAssignmentId',
      message: `The role assignment ID '${id.name}' is not valid. The role assignment ID must be a GUID.`,
    };
  if (condition !== undefined && condition !== '')
    return {
      code: 'InvalidRequestContent',
      target: 'properties.condition',
      message: `The value ${JSON.stringify(condition)} of 'properties.condition' is not allowed: conditions are not evaluated here, so an assignment has to be made without.`,
    };
  const role = roleOf(roleDefinitionId);
  if (role === undefined)
    return {
      code: 'RoleDefinitionDoesNotExist',
      target: 'properties.roleDefinitionId',
      message: `The specified role definition with ID '${roleDefinitionId}' does not exist.`,
    };
  if (!GUID.test(principalId))
    return {
      code: 'InvalidPrincipalId',
      target: 'properties.principalId',
      message: `A valid principal ID must be provided for role assignment: '${principalId}' is not a GUID.`,
    };
  const same = (one: StoredResource): boolean =>
    one.properties['principalId'] === principalId && roleNamed(one.properties['roleDefinitionId']) === role.guid;
  if (existing !== undefined && !same(existing))
    return {
      code: 'RoleAssignmentUpdateNotPermitted',
      message: 'Tenant ID, application ID, principal ID, and scope are not allowed to be updated.',
    };
  const twin = view.ofType(TYPE).find((one) => one.key !== id.key && scopeOf(one.key) === scopeOf(id.key) && same(one));
  return twin === undefined
    ? undefined
    : {
        code: 'RoleAssignmentExists',
        message: `The role assignment already exists. The ID of the existing role assignment is ${twin.name.replaceAll('-', '')}.`,
      };
}

function roleNamed(roleDefinitionId: Json | undefined): string | undefined {
  return typeof roleDefinitionId === 'string' ? roleOf(roleDefinitionId)?.guid : undefined;
}

function projectAssignment({
  id,
  name,
  properties,
  createdMs,
  changedMs,
  createdBy,
  changedBy,
}: StoredResource): ReturnType<ResourceType['project']> {
  const scope = id.slice(0, id.toLowerCase().lastIndexOf('/providers/microsoft.authorization/'));
  return {
    id,
    name,
    type: 'Microsoft.Authorization/roleAssignments',
    properties: {
      ...properties,
      scope: scope === '' ? '/' : scope,
      condition: null,
      conditionVersion: null,
      createdOn: new Date(createdMs).toISOString(),
      updatedOn: new Date(changedMs).toISOString(),
      createdBy,
      updatedBy: changedBy,
    },
  };
}

/** Those at the scope, above it and below it; `atScope()` leaves out those below. */
function listAssignments(
  { view, caller }: VerbContext,
  scope: ResourceId | undefined,
  filter = '',
): readonly StoredResource[] {
  const principal = /(?:principalId\s+eq|assignedTo\()\s*'([^']*)'/i.exec(filter)?.[1]?.toLowerCase();
  const below = !/\batScope\(\)/i.test(filter);
  const key = scope?.key;
  const visible = view.ofType(TYPE).some((one) => one.properties['principalId'] === caller);
  if (!visible) return [];
  return view.ofType(TYPE).filter((one) => {
    const at = scopeOf(one.key);
    const inScope = isAtOrBelow(key, at) || (below && (key === undefined || isAtOrBelow(at, key)));
    return inScope && (principal === undefined || one.properties['principalId'] === principal);
  });
}
