import type { ArmError } from '../../../../azure/error.ts';
import { type Json, type JsonObject, listOf, objectOf } from '../../../../azure/json.ts';
import { keyOfId, type ResourceId } from '../../../../azure/resource-id.ts';
import { formatPrefix, overlaps, parsePrefix, type Prefix } from '../../../../network/prefix.ts';
import type { StateView, StoredResource } from '../../../../state/port.ts';
import { isAtLeast } from '../../../api-version.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../../verb.ts';
import { NETWORK_VERSIONS } from '../api-version.ts';
import { liesWithin, readSubnetPrefixes } from '../prefix-rule.ts';
import { readServiceEndpoints } from '../service-endpoint.ts';
import { subnetUsers } from '../subnet-user.ts';
import { SUBNET_SCHEMA } from './schema.ts';

const TYPE = 'Microsoft.Network/virtualNetworks/subnets';
const SECURITY_GROUP = 'microsoft.network/networksecuritygroups';
const NAME = /^[A-Za-z0-9](?:[\w.-]{0,78}\w)?$/;

/** Subnets: resources of their own, which their virtual network's JSON shows too. */
export const SUBNET: ResourceType = {
  type: TYPE,
  apiVersions: NETWORK_VERSIONS,
  location: 'none',
  schema: SUBNET_SCHEMA,
  put: (context, request) => {
    const network = request.id.parent === undefined ? undefined : context.view.get(request.id.parent.key);
    if (network === undefined)
      return refused({ code: 'ParentResourceNotFound', message: 'The virtual network was not found.' });
    const others = subnetsOf(context.view, network).filter(({ key }) => key !== request.id.key);
    return putSubnet(context, request, { space: prefixesOf(network), others });
  },
  remove: ({ view }, subnet) => {
    const users = subnetUsers(view, subnet);
    return users.length === 0 ? { kind: 'removed' } : refused(inUse('deleted', subnet, users));
  },
  project: projectSubnet,
};

/** What a subnet must fit into: the address space, and the subnets beside it. */
export interface Surroundings {
  readonly space: readonly Prefix[];
  readonly others: readonly StoredResource[];
}

/** The subnets of a virtual network, in the order in which they were made. */
export function subnetsOf(view: StateView, network: Pick<StoredResource, 'key'>): readonly StoredResource[] {
  return view.ofType(TYPE.toLowerCase(), network.key).toSorted((a, b) => a.createdMs - b.createdMs);
}

/** The address space of a virtual network, or the prefixes of a subnet, as kept. */
export function prefixesOf({ properties }: Pick<StoredResource, 'properties'>): readonly Prefix[] {
  const texts = properties['addressPrefixes'];
  return (Array.isArray(texts) ? texts : []).flatMap((text: unknown) => {
    const parsed = typeof text === 'string' ? parsePrefix(text) : undefined;
    return parsed?.kind === 'parsed' ? [parsed.prefix] : [];
  });
}

/** Writes one subnet whole, as a PUT does (facts/acr.md §4.5). */
export function putSubnet(context: VerbContext, request: WriteRequest, { space, others }: Surroundings): WriteOutcome {
  const { id, body, existing } = request;
  const properties = objectOf(body['properties']);
  const read = readSubnetPrefixes(prefixTexts(properties), 'properties.addressPrefix');
  if (read.kind === 'refused') return read;
  const endpoints = readServiceEndpoints(context, listOf(properties['serviceEndpoints']), id.subscription ?? '');
  if (endpoints.kind === 'refused') return endpoints;
  const error =
    nameRefusal(id.name) ??
    placeRefusal(id, read.prefixes, { space, others }) ??
    resizeRefusal(context.view, existing, read.prefixes) ??
    groupRefusal(context.view, properties['networkSecurityGroup']);
  if (error !== undefined) return refused(error);
  const kept = {
    addressPrefixes: read.prefixes.map(formatPrefix),
    // Which of the two members says it is what the client will look for.
    manyPrefixes: Array.isArray(properties['addressPrefixes']) && typeof properties['addressPrefix'] !== 'string',
    serviceEndpoints: endpoints.endpoints,
    delegations: listOf(properties['delegations']).map((one) => keptDelegation(one)),
    ...given(properties, [
      'privateEndpointNetworkPolicies',
      'privateLinkServiceNetworkPolicies',
      'networkSecurityGroup',
      'defaultOutboundAccess',
    ]),
  };
  return { kind: 'written', resource: storedResource(context, request, { properties: kept }) };
}

function prefixTexts(properties: JsonObject): readonly string[] {
  const many = listOf(properties['addressPrefixes']).filter((one): one is string => typeof one === 'string');
  const { addressPrefix } = properties;
  return many.length === 0 && typeof addressPrefix === 'string' ? [addressPrefix] : many;
}

function keptDelegation(asked: Json): JsonObject {
  const { name, properties } = objectOf(asked);
  const { serviceName } = objectOf(properties);
  return { name: name ?? '0', serviceName: serviceName ?? '' };
}

function nameRefusal(name: string): ArmError | undefined {
  if (NAME.test(name)) return undefined;
  const message = `Resource name ${name} is invalid. The name can be up to 80 characters long. It must begin with a word character, and it must end with a word character or with '_'. The name may contain word characters or '.', '-', '_'.`;
  return { code: 'InvalidResourceName', target: 'name', message };
}

function placeRefusal(
  { name, parent }: ResourceId,
  prefixes: readonly Prefix[],
  { space, others }: Surroundings,
): ArmError | undefined {
  const outside = prefixes.find((prefix) => !liesWithin(space, prefix));
  if (outside !== undefined) {
    const message =
      `Subnet '${name}' is not valid because its IP address range is outside the IP address range of virtual network ` +
      `'${parent?.name ?? ''}': ${formatPrefix(outside)} is not in ${space.map(formatPrefix).join(', ')}.`;
    return { code: 'NetcfgInvalidSubnet', target: 'properties.addressPrefix', message };
  }
  const other = others.find((one) => prefixesOf(one).some((theirs) => prefixes.some((ours) => overlaps(ours, theirs))));
  if (other === undefined) return undefined;
  const message =
    `Subnet '${name}' is not valid because its IP address range (${prefixes.map(formatPrefix).join(', ')}) overlaps with ` +
    `that of an existing subnet in virtual network '${parent?.name ?? ''}': '${other.name}' (${prefixesOf(other).map(formatPrefix).join(', ')}).`;
  return { code: 'NetcfgSubnetRangesOverlap', target: 'properties.addressPrefix', message };
}

/** A subnet keeps its addresses while something has one of them. */
function resizeRefusal(
  view: StateView,
  existing: StoredResource | undefined,
  prefixes: readonly Prefix[],
): ArmError | undefined {
  if (existing === undefined) return undefined;
  const before = prefixesOf(existing).map(formatPrefix);
  if (prefixes.map(formatPrefix).join() === before.join()) return undefined;
  const users = subnetUsers(view, existing);
  return users.length === 0 ? undefined : inUse('updated', existing, users);
}

function groupRefusal(view: StateView, group: Json | undefined): ArmError | undefined {
  const { id } = objectOf(group);
  if (typeof id !== 'string' || view.get(keyOfId(id))?.type === SECURITY_GROUP) return undefined;
  const message = `Resource ${id} referenced by 'properties.networkSecurityGroup' was not found: it must be the id of a network security group that exists.`;
  return { code: 'InvalidResourceReference', target: 'properties.networkSecurityGroup.id', message };
}

/** The refusal to change a subnet that is used. */
export function inUse(done: 'deleted' | 'updated', subnet: StoredResource, users: readonly string[]): ArmError {
  const code = done === 'deleted' ? 'InUseSubnetCannotBeDeleted' : 'InUseSubnetCannotBeUpdated';
  const message =
    `Subnet ${subnet.name} is in use by ${users.join(', ')} and cannot be ${done}. In order to ${done === 'deleted' ? 'delete' : 'update'} ` +
    'the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.';
  return { code, message };
}

/** A subnet as its own resource, and within its virtual network, shows it. */
export function projectSubnet(
  { id, name, etag, properties, key }: StoredResource,
  apiVersion: string,
  view: StateView,
): JsonObject {
  const { addressPrefixes, manyPrefixes, serviceEndpoints, delegations, networkSecurityGroup, ...others } = properties;
  const prefixes = listOf(addressPrefixes);
  const single = prefixes.length === 1 && manyPrefixes !== true;
  const tag = `W/${etag}`;
  const shown = listOf(delegations).map((one) => {
    const { name: given, serviceName } = objectOf(one);
    const delegation = typeof given === 'string' ? given : '0';
    return {
      name: delegation,
      id: `${id}/delegations/${delegation}`,
      etag: tag,
      type: `${TYPE}/delegations`,
      properties: { provisioningState: 'Succeeded', serviceName, actions: [] },
    };
  });
  const endpoints = listOf(serviceEndpoints);
  const users = subnetUsers(view, { key });
  // Since this version Azure leaves the policies of private endpoints off.
  const disabled = isAtLeast(apiVersion, '2022-07-01');
  return {
    id,
    name,
    etag: tag,
    type: TYPE,
    properties: {
      provisioningState: 'Succeeded',
      ...(single ? { addressPrefix: prefixes[0] } : { addressPrefixes: prefixes }),
      ...(networkSecurityGroup === undefined || networkSecurityGroup === null ? {} : { networkSecurityGroup }),
      ...(endpoints.length === 0 ? {} : { serviceEndpoints: endpoints }),
      ...(users.length === 0 ? {} : { ipConfigurations: users.map((user) => ({ id: user })) }),
      delegations: shown,
      privateEndpointNetworkPolicies: disabled ? 'Disabled' : 'Enabled',
      privateLinkServiceNetworkPolicies: 'Enabled',
      ...others,
    },
  };
}

function given(properties: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) =>
      properties[name] === undefined || properties[name] === null ? [] : [[name, properties[name]]],
    ),
  );
}
