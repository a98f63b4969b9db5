import type { ArmError } from '../../../../azure/error.ts';
import { type Json, type JsonObject, listOf, objectOf } from '../../../../azure/json.ts';
import { keyOfId, parseResourceId, type ResourceId } from '../../../../azure/resource-id.ts';
import type { Change, StateView, StoredResource } from '../../../../state/port.ts';
import { may, notAuthorised } from '../../../authorise.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../../verb.ts';
import { connectionsOf, privateLinkRefusal } from '../../microsoft.containerregistry/private-link.ts';
import { freeAddress, usedAddresses } from '../address-pool.ts';
import { NETWORK_VERSIONS } from '../api-version.ts';
import { macAddress } from '../interface/resource.ts';
import { idIn, isError, referred } from '../reference.ts';
import { TAGS_ONLY } from '../virtual-network/schema.ts';
import { membersOf } from './member.ts';
import { PRIVATE_ENDPOINT_SCHEMA } from './schema.ts';

const TYPE = 'Microsoft.Network/privateEndpoints';
const REGISTRY = 'microsoft.containerregistry/registries';
const APPROVE = 'Microsoft.ContainerRegistry/registries/privateEndpointConnectionsApproval/action';
/** How many private endpoints a registry may have (facts/acr.md §1.2). */
const LIMIT = 200;

/** Private endpoints of registries: each takes addresses of its subnet, and makes a connection at the registry (facts/acr.md §1.5, §4.7). */
export const PRIVATE_ENDPOINT: ResourceType = {
  type: TYPE,
  apiVersions: NETWORK_VERSIONS,
  location: 'required',
  schema: PRIVATE_ENDPOINT_SCHEMA,
  patchSchema: TAGS_ONLY,
  put,
  patch: (context, { existing, ...request }) => ({
    kind: 'written',
    resource: storedResource(context, { ...request, existing }, { properties: existing.properties }),
  }),
  remove: ({ view }, endpoint) => ({ kind: 'removed', also: removals(view, endpoint) }),
  project: projectEndpoint,
};

/** What goes with an endpoint: its network interface, and the connection at the registry. */
function removals(view: StateView, { properties }: StoredResource): readonly Change[] {
  const nics = listOf(properties['networkInterfaces']).flatMap((one) => idIn(one) ?? []);
  const connection = connectionOf(properties)['connectionId'];
  const ids = [...nics, ...(typeof connection === 'string' ? [connection] : [])];
  return ids.map(keyOfId).flatMap((key) => (view.get(key) === undefined ? [] : [{ kind: 'remove', key } as const]));
}

function connectionOf(properties: JsonObject): JsonObject {
  return objectOf(properties['connection']);
}

interface Wanted {
  readonly name: string;
  readonly manual: boolean;
  readonly registry: StoredResource;
  readonly subnet: StoredResource;
  readonly requestMessage: string;
}

function put(context: VerbContext, request: WriteRequest): WriteOutcome {
  const wanted = readWanted(context, request);
  if ('code' in wanted) return refused(wanted);
  const { existing, body } = request;
  if (existing !== undefined) {
    const before = connectionOf(existing.properties);
    const same =
      before['registry'] === wanted.registry.id &&
      keyOfId(idIn(existing.properties['subnet']) ?? '') === wanted.subnet.key;
    if (!same)
      return refused({
        code: 'PrivateEndpointCannotBeUpdated',
        message: `The subnet and the registry of the private endpoint '${existing.name}' cannot be changed: delete it and make another.`,
      });
    return { kind: 'written', resource: storedResource(context, request, { properties: existing.properties }) };
  }
  const conflict =
    privateLinkRefusal(wanted.registry, context.settings.profile) ?? limitRefusal(context, wanted.registry);
  if (conflict !== undefined) return refused(conflict);
  const permission = may(context.view, context.caller, APPROVE, wanted.registry.key);
  if (!wanted.manual && !permission)
    return refused({
      ...notAuthorised(context.caller, APPROVE, wanted.registry.id),
      code: 'LinkedAuthorizationFailed',
    });
  return make(context, request, { ...wanted, nicName: nicName(request.id, objectOf(body['properties'])) });
}

function limitRefusal({ view, settings }: VerbContext, registry: StoredResource): ArmError | undefined {
  if (settings.profile === 'open' || connectionsOf(view, registry).length < LIMIT) return undefined;
  return {
    code: 'QuotaExceeded',
    message: `The requested feature Private endpoint exceeds allowed quota ${LIMIT} for the SKU Premium.`,
  };
}

function nicName({ name }: ResourceId, properties: JsonObject): string {
  const asked = properties['customNetworkInterfaceName'];
  return typeof asked === 'string' && asked !== '' ? asked : `${name}.nic.${name.length}`;
}

function readWanted({ view }: VerbContext, { body }: WriteRequest): Wanted | ArmError {
  const properties = objectOf(body['properties']);
  const [automatic, manual] = ['privateLinkServiceConnections', 'manualPrivateLinkServiceConnections'].map((name) =>
    listOf(properties[name]),
  );
  const all = [...(automatic ?? []), ...(manual ?? [])];
  const target = 'properties.privateLinkServiceConnections';
  if (all.length !== 1)
    return {
      code: 'InvalidRequestContent',
      target,
      message: `A private endpoint has one connection, in '${target}' or 'properties.manualPrivateLinkServiceConnections', and ${all.length} were given.`,
    };
  const { name, properties: inner } = objectOf(all[0]);
  const { privateLinkServiceId, groupIds, requestMessage } = objectOf(inner);
  const registry = referred(
    view,
    { id: privateLinkServiceId ?? null },
    { type: REGISTRY, target: `${target}[0].properties.privateLinkServiceId` },
  );
  if (isError(registry)) return registry;
  if (JSON.stringify(groupIds) !== '["registry"]')
    return {
      code: 'InvalidRequestContent',
      target: `${target}[0].properties.groupIds`,
      message: `The value ${JSON.stringify(groupIds)} of '${target}[0].properties.groupIds' is not allowed: it must be ["registry"].`,
    };
  const subnet = referred(view, properties['subnet'], {
    type: 'microsoft.network/virtualnetworks/subnets',
    target: 'properties.subnet.id',
  });
  if (isError(subnet)) return subnet;
  return {
    name: typeof name === 'string' ? name : '',
    manual: (manual ?? []).length > 0,
    registry,
    subnet,
    requestMessage: typeof requestMessage === 'string' ? requestMessage : '',
  };
}

function make(
  context: VerbContext,
  request: WriteRequest,
  wanted: Wanted & { readonly nicName: string },
): WriteOutcome {
  const { registry, subnet } = wanted;
  const group = request.id.parent?.id ?? '';
  const nicId = parseResourceId(`${group}/providers/Microsoft.Network/networkInterfaces/${wanted.nicName}`);
  const connectionId = parseResourceId(
    `${registry.id}/privateEndpointConnections/${registry.name}.${context.newUuid().replaceAll('-', '')}`,
  );
  if (nicId === undefined || connectionId === undefined || context.view.get(nicId.key) !== undefined)
    return refused({
      code: 'InvalidResourceName',
      target: 'properties.customNetworkInterfaceName',
      message: `The network interface '${wanted.nicName}' is there already, or its name is not allowed.`,
    });
  const configurations = allocate(context, wanted);
  if ('code' in configurations) return refused(configurations);
  const endpoint = storedResource(context, request, {
    properties: {
      subnet: { id: subnet.id },
      networkInterfaces: [{ id: nicId.id }],
      customNetworkInterfaceName: objectOf(request.body['properties'])['customNetworkInterfaceName'] ?? '',
      connection: {
        name: wanted.name,
        manual: wanted.manual,
        registry: registry.id,
        connectionId: connectionId.id,
        requestMessage: wanted.requestMessage,
      },
    },
  });
  const location = request.body['location'];
  const nic = storedResource(
    context,
    { id: nicId, existing: undefined },
    {
      ...(typeof location === 'string' ? { location } : {}),
      properties: { macAddress: macAddress(context.newUuid()), ipConfigurations: configurations.all },
    },
  );
  const status = wanted.manual ? 'Pending' : 'Approved';
  const connection = storedResource(
    context,
    { id: connectionId, existing: undefined },
    {
      properties: {
        privateEndpoint: { id: endpoint.id },
        privateLinkServiceConnectionState: {
          status,
          description: wanted.manual ? wanted.requestMessage : 'Auto-Approved',
          actionsRequired: 'None',
        },
      },
    },
  );
  return {
    kind: 'written',
    resource: endpoint,
    also: [
      { kind: 'put', resource: nic },
      { kind: 'put', resource: connection },
    ],
  };
}

type Allocated = { readonly all: readonly JsonObject[] } | ArmError;

/** One address for each member of the registry's group. */
function allocate(context: VerbContext, { registry, subnet }: Wanted): Allocated {
  const used = new Set(usedAddresses(context.view, subnet));
  const all: JsonObject[] = [];
  for (const { member, fqdn } of membersOf(registry, context.settings)) {
    const address = freeAddress(subnet, used);
    if (address === undefined)
      return {
        code: 'SubnetIsFull',
        target: 'properties.subnet.id',
        message: `Subnet ${subnet.name} has no free address left.`,
      };
    used.add(address);
    all.push({
      name: `privateEndpointIpConfig.${member}`,
      properties: {
        subnet: { id: subnet.id },
        privateIPAddress: address,
        privateIPAllocationMethod: 'Dynamic',
        privateIPAddressVersion: 'IPv4',
        primary: all.length === 0,
        privateLinkConnectionProperties: { groupId: 'registry', requiredMemberName: member, fqdns: [fqdn] },
      },
    });
  }
  return { all };
}

function projectEndpoint(endpoint: StoredResource, _: string, view: StateView): JsonObject {
  const { id, name, location, tags, etag, properties } = endpoint;
  const { subnet, networkInterfaces, customNetworkInterfaceName } = properties;
  const { manual } = connectionOf(properties);
  const shown = [projectConnection(endpoint, view)];
  return {
    id,
    name,
    type: TYPE,
    etag: `W/${etag}`,
    location,
    tags,
    properties: {
      provisioningState: 'Succeeded',
      privateLinkServiceConnections: manual === true ? [] : shown,
      manualPrivateLinkServiceConnections: manual === true ? shown : [],
      customNetworkInterfaceName,
      subnet,
      ipConfigurations: [],
      networkInterfaces,
      customDnsConfigs: customDns(view, listOf(networkInterfaces)),
    },
  };
}

/** The connection with its state as the registry has it; without it, it is disconnected. */
function projectConnection({ id, etag, properties }: StoredResource, view: StateView): JsonObject {
  const { name, registry, connectionId, requestMessage } = connectionOf(properties);
  const kept = typeof connectionId === 'string' ? view.get(keyOfId(connectionId)) : undefined;
  const state =
    kept === undefined
      ? { status: 'Disconnected', description: 'The connection was removed.', actionsRequired: 'None' }
      : kept.properties['privateLinkServiceConnectionState'];
  const called = typeof name === 'string' ? name : '';
  return {
    id: `${id}/privateLinkServiceConnections/${called}`,
    name: called,
    etag: `W/${etag}`,
    type: `${TYPE}/privateLinkServiceConnections`,
    properties: {
      provisioningState: 'Succeeded',
      privateLinkServiceId: registry,
      groupIds: ['registry'],
      requestMessage,
      privateLinkServiceConnectionState: state,
    },
  };
}

function customDns(view: StateView, nics: readonly Json[]): readonly JsonObject[] {
  return nics.flatMap((nic) => {
    const kept = view.get(keyOfId(idIn(nic) ?? ''));
    return listOf(kept?.properties['ipConfigurations']).map((one) => {
      const { privateIPAddress, privateLinkConnectionProperties } = objectOf(objectOf(one)['properties']);
      const [fqdn] = listOf(objectOf(privateLinkConnectionProperties)['fqdns']);
      return { fqdn, ipAddresses: [privateIPAddress ?? ''] };
    });
  });
}
