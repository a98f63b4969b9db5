import Type from 'typebox';
import type { JsonObject } from '../../../../azure/json.ts';
import type { StoredResource } from '../../../../state/port.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused } from '../../../verb.ts';
import { REGISTRY_VERSIONS } from '../api-version.ts';
import { objectAt } from '../registry/settings.ts';

const CLOSED = { additionalProperties: false } as const;
const STATUS = ['Approved', 'Pending', 'Rejected', 'Disconnected'] as const;
const STATE = Type.Object(
  {
    status: Type.Optional(Type.Enum([...STATUS])),
    description: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    actionsRequired: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  },
  CLOSED,
);
const SCHEMA = Type.Object(
  {
    properties: Type.Object(
      {
        privateLinkServiceConnectionState: STATE,
        privateEndpoint: Type.Optional(Type.Unknown({ readOnly: true })),
        provisioningState: Type.Optional(Type.Unknown({ readOnly: true })),
      },
      CLOSED,
    ),
  },
  CLOSED,
);

/** Connections of private endpoints to a registry: made by the endpoint, approved and rejected here (facts/acr.md §1.5). */
export const PRIVATE_ENDPOINT_CONNECTION: ResourceType = {
  type: 'Microsoft.ContainerRegistry/registries/privateEndpointConnections',
  apiVersions: REGISTRY_VERSIONS,
  location: 'none',
  schema: SCHEMA,
  put: (context, request) => {
    const { existing, id, body } = request;
    if (existing === undefined)
      return refused({
        code: 'ResourceNotFound',
        message: `The private endpoint connection '${id.name}' was not found: one is made by a private endpoint, az network private-endpoint create.`,
      });
    const asked = objectAt(objectAt(body, 'properties'), 'privateLinkServiceConnectionState');
    const before = objectAt(existing.properties, 'privateLinkServiceConnectionState');
    const state = { ...before, ...withoutNull(asked) };
    const properties = { ...existing.properties, privateLinkServiceConnectionState: state };
    return { kind: 'written', resource: storedResource(context, request, { properties }) };
  },
  project: projectConnection,
};

function withoutNull(json: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}

/** A connection as every version shows it. */
export function projectConnection({ id, name, properties }: StoredResource): JsonObject {
  const { privateEndpoint } = properties;
  const state = {
    status: 'Pending',
    description: '',
    actionsRequired: 'None',
    ...objectAt(properties, 'privateLinkServiceConnectionState'),
  };
  return {
    id,
    name,
    type: 'Microsoft.ContainerRegistry/registries/privateEndpointConnections',
    properties: { privateEndpoint, privateLinkServiceConnectionState: state, provisioningState: 'Succeeded' },
  };
}

/** What a connection's state says; what is not one of its words admits nobody. */
export function connectionStatusOf({ properties }: Pick<StoredResource, 'properties'>): (typeof STATUS)[number] {
  const { status } = objectAt(properties, 'privateLinkServiceConnectionState');
  return STATUS.find((word) => word === status) ?? 'Disconnected';
}
