import { keyOfId, parseResourceId, type ResourceId } from '../azure/resource-id.ts';
import type { JsonObject } from '../azure/json.ts';
import type { StoredResource } from '../state/port.ts';

/** The group that everything of these tests is in. */
const GROUP = '/subscriptions/s1/resourceGroups/g';
/** A subnet given over to container groups, and one that is not. */
export const DELEGATED = `${GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/aci`;
export const PLAIN = `${GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/one`;
/** An identity that can be assigned. */
export const PULLER = `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/puller`;

/** The id of a resource of that group. */
export function idIn(path: string): ResourceId {
  const id = parseResourceId(`${GROUP}/providers/${path}`);
  if (id === undefined) throw new TypeError(`${path} is no id`);
  return id;
}

/** A resource as it is kept. */
function stored(id: string, properties: JsonObject): StoredResource {
  const parsed = parseResourceId(id);
  return {
    key: keyOfId(id),
    id,
    uid: `uid-${parsed?.name ?? ''}`,
    type: (parsed?.type ?? '').toLowerCase(),
    name: parsed?.name ?? '',
    location: 'westeurope',
    tags: {},
    properties,
    envelope: {},
    etag: '"1"',
    createdMs: 1,
    createdBy: 'maker',
    changedMs: 1,
    changedBy: 'maker',
  };
}

/** Two subnets and an identity. */
export const AROUND: readonly StoredResource[] = [
  stored(PLAIN, { addressPrefixes: ['10.0.0.0/24'], delegations: [] }),
  stored(DELEGATED, {
    addressPrefixes: ['10.0.1.0/29'],
    delegations: [{ name: '0', serviceName: 'Microsoft.ContainerInstance/containerGroups' }],
  }),
  stored(PULLER, { principalId: 'p1', clientId: 'c1', tenantId: 't1' }),
];
