import Type from 'typebox';
import type { StateView, StoredResource } from '../../../state/port.ts';
import type { ResourceProvider, ResourceType } from '../../resource-type.ts';
import { storedResource } from '../../stored-resource.ts';
import { refused } from '../../verb.ts';

const TYPE = 'Microsoft.ManagedIdentity/userAssignedIdentities';
const NAME = /^[A-Za-z0-9][\w-]{2,127}$/;
const CLOSED = { additionalProperties: false } as const;
const ANSWERED = Type.Optional(Type.Unknown({ readOnly: true }));

/** Identities that are resources of their own, and that other resources may act as. */
const USER_ASSIGNED_IDENTITY: ResourceType = {
  type: TYPE,
  apiVersions: { kind: 'range', from: '2015-08-31-preview', shown: ['2023-01-31', '2022-01-31-preview', '2018-11-30'] },
  location: 'required',
  schema: Type.Object({ properties: ANSWERED }, CLOSED),
  patchSchema: Type.Object({ properties: ANSWERED }, CLOSED),
  put: (context, request) => {
    const { id, existing } = request;
    if (!NAME.test(id.name))
      return refused({
        code: 'InvalidParameter',
        target: 'name',
        message: `The name '${id.name}' of an identity is not allowed: it has 3 to 128 letters, digits, '-' and '_', and begins with a letter or digit.`,
      });
    const { tenantId } = context.settings;
    const properties = existing?.properties ?? {
      principalId: context.newUuid(),
      clientId: context.newUuid(),
      tenantId,
    };
    return { kind: 'written', resource: storedResource(context, request, { properties }) };
  },
  patch: (context, request) => ({
    kind: 'written',
    resource: storedResource(context, request, { properties: request.existing.properties }),
  }),
  remove: ({ view }, identity, withParent) => {
    const [user] = withParent ? [] : usersOf(view, identity);
    if (user === undefined) return { kind: 'removed' };
    const message = `The identity ${identity.id} is assigned to ${user.id}. Delete that first.`;
    return refused({ code: 'IdentityInUse', message });
  },
  project: ({ id, name, location, tags, properties }) => ({ id, name, type: TYPE, location, tags, properties }),
};

/** The container groups and machines that act as an identity. */
function usersOf(view: StateView, { id }: StoredResource): readonly StoredResource[] {
  return ['microsoft.compute/virtualmachines', 'microsoft.containerinstance/containergroups']
    .flatMap((type) => view.ofType(type))
    .filter(({ envelope }) => JSON.stringify(envelope['identity'] ?? null).includes(JSON.stringify(id)));
}

/** Microsoft.ManagedIdentity. */
export const MANAGED_IDENTITY_PROVIDER: ResourceProvider = {
  namespace: 'Microsoft.ManagedIdentity',
  types: [USER_ASSIGNED_IDENTITY],
};
