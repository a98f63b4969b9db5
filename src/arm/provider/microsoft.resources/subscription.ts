import Type from 'typebox';
import type { JsonObject } from '../../../azure/json.ts';
import type { StoredResource } from '../../../state/port.ts';
import type { ResourceType } from '../../resource-type.ts';
import { storedResource } from '../../stored-resource.ts';
import type { VerbContext } from '../../verb.ts';
import { parseResourceId } from '../../../azure/resource-id.ts';

/** A subscription as `GET /subscriptions` shows it: what az's login reads (facts/acr.md §4.1, step 3). */
function projectSubscription({ id, name, properties, tags }: StoredResource): JsonObject {
  const { displayName, tenantId } = properties;
  return {
    id,
    subscriptionId: name,
    tenantId,
    displayName,
    state: 'Enabled',
    authorizationSource: 'RoleBased',
    managedByTenants: [],
    tags,
  };
}

/** The resource of a subscription that is made, outside any request of the management API. */
export function newSubscription(
  context: Pick<VerbContext, 'nowMs' | 'caller' | 'newUuid'>,
  {
    subscriptionId,
    displayName,
    tenantId,
  }: { readonly subscriptionId: string; readonly displayName: string; readonly tenantId: string },
): StoredResource | undefined {
  const id = parseResourceId(`/subscriptions/${subscriptionId}`);
  if (id === undefined) return undefined;
  return storedResource(
    context,
    { id, existing: undefined },
    { properties: { displayName, tenantId, registrations: {} } },
  );
}

/** Subscriptions: made by the server's own commands, shown here. */
export const SUBSCRIPTION: ResourceType = {
  type: 'Microsoft.Resources/subscriptions',
  apiVersions: {
    kind: 'range',
    from: '2014-04-01',
    shown: ['2022-12-01', '2021-01-01', '2020-01-01', '2019-11-01', '2016-06-01'],
  },
  location: 'none',
  schema: Type.Object({}, { additionalProperties: false }),
  project: projectSubscription,
  // Whoever has a role anywhere in a subscription sees it.
  list: ({ view, caller }) => {
    const assigned = view
      .ofType('microsoft.authorization/roleassignments')
      .filter(({ properties }) => properties['principalId'] === caller)
      .map(({ key }) => key);
    return view
      .ofType('microsoft.resources/subscriptions')
      .filter(({ key }) => assigned.some((scope) => scope.startsWith(`${key}/`) || scope.startsWith('/providers/')));
  },
};
