import type { ArmError } from '../../../../azure/error.ts';
import { type Json, type JsonObject, listOf, objectOf } from '../../../../azure/json.ts';
import { parseResourceId } from '../../../../azure/resource-id.ts';
import { formatPrefix, type Prefix } from '../../../../network/prefix.ts';
import type { Change, StateView, StoredResource } from '../../../../state/port.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../../verb.ts';
import { NETWORK_VERSIONS } from '../api-version.ts';
import { freePublicAddress } from '../address-pool.ts';
import { liesWithin, readAddressSpace } from '../prefix-rule.ts';
import { subnetUsers } from '../subnet-user.ts';
import { CHECK_ADDRESS } from './check-address.ts';
import { peeredSpaceRefusal, peeringsOf, projectPeering } from './peering.ts';
import { TAGS_ONLY, VIRTUAL_NETWORK_SCHEMA } from './schema.ts';
import { inUse, prefixesOf, projectSubnet, putSubnet, subnetsOf } from './subnet.ts';

const TYPE = 'Microsoft.Network/virtualNetworks';

/** Virtual networks. The subnets in a body are the whole truth: one that is left out goes, if nothing uses it. */
export const VIRTUAL_NETWORK: ResourceType = {
  type: TYPE,
  apiVersions: NETWORK_VERSIONS,
  location: 'required',
  schema: VIRTUAL_NETWORK_SCHEMA,
  patchSchema: TAGS_ONLY,
  put: write,
  patch: (context, request) => ({
    kind: 'written',
    resource: storedResource(context, request, { properties: request.existing.properties }),
  }),
  project: projectVirtualNetwork,
  actions: [CHECK_ADDRESS],
};

function write(context: VerbContext, request: WriteRequest): WriteOutcome {
  const properties = objectOf(request.body['properties']);
  const texts = listOf(objectOf(properties['addressSpace'])['addressPrefixes']).filter(
    (one): one is string => typeof one === 'string',
  );
  const space = readAddressSpace(texts, 'properties.addressSpace.addressPrefixes');
  if (space.kind === 'refused') return space;
  const peered = peeredSpaceRefusal(context.view, request.id, space.prefixes);
  if (peered !== undefined) return refused(peered);
  const subnets = writeSubnets(context, request, { space: space.prefixes, asked: listOf(properties['subnets']) });
  if (subnets.kind === 'refused') return subnets;
  const kept = {
    addressPrefixes: space.prefixes.map(formatPrefix),
    dnsServers: listOf(objectOf(properties['dhcpOptions'])['dnsServers']),
    ...egressAddress(context, request),
    ...(typeof properties['flowTimeoutInMinutes'] === 'number'
      ? { flowTimeoutInMinutes: properties['flowTimeoutInMinutes'] }
      : {}),
  };
  return { kind: 'written', resource: storedResource(context, request, { properties: kept }), also: subnets.changes };
}

/**
 * The address by which hosts without a public one reach the internet ("default outbound access"): Azure's, and so in no
 * answer. A network without one, since none is left, reaches nobody.
 */
function egressAddress({ view, settings }: VerbContext, { existing }: WriteRequest): JsonObject {
  const address = existing?.properties['egressAddress'] ?? freePublicAddress(view, settings.publicPrefix);
  return address === undefined ? {} : { egressAddress: address };
}

type Subnets =
  | { readonly kind: 'written'; readonly changes: readonly Change[] }
  | { readonly kind: 'refused'; readonly error: ArmError };

function writeSubnets(
  context: VerbContext,
  { id, apiVersion, existing }: WriteRequest,
  { space, asked }: { readonly space: readonly Prefix[]; readonly asked: readonly Json[] },
): Subnets {
  const before = existing === undefined ? [] : subnetsOf(context.view, existing);
  const written: StoredResource[] = [];
  for (const [i, one] of asked.entries()) {
    const { name: given, properties } = objectOf(one);
    const name = typeof given === 'string' ? given : '';
    const child = parseResourceId(`${id.id}/subnets/${name}`);
    if (child === undefined)
      return refused({
        code: 'InvalidResourceName',
        target: `properties.subnets[${i}].name`,
        message: `Resource name ${name} is invalid.`,
      });
    if (written.some(({ key }) => key === child.key))
      return refused({
        code: 'InvalidRequestContent',
        target: `properties.subnets[${i}].name`,
        message: `The subnet '${name}' is there twice.`,
      });
    const old = before.find(({ key }) => key === child.key);
    const request = { id: child, apiVersion, body: { properties }, existing: old };
    const outcome = putSubnet(context, request, { space, others: written });
    if (outcome.kind === 'refused') return outcome;
    // Subnets are shown in the order they were written in, which their times of creation give.
    const resource = old === undefined ? { ...outcome.resource, createdMs: context.nowMs + i } : outcome.resource;
    written.push(resource);
  }
  const gone = before.filter(({ key }) => !written.some((one) => one.key === key));
  const used = gone
    .map((subnet) => [subnet, subnetUsers(context.view, subnet)] as const)
    .find(([, users]) => users.length > 0);
  if (used !== undefined) return refused(inUse('deleted', ...used));
  const lost = written.find((subnet) => !prefixesOf(subnet).every((prefix) => liesWithin(space, prefix)));
  if (lost !== undefined)
    return refused({ code: 'NetcfgInvalidSubnet', message: `Subnet '${lost.name}' is outside the address space.` });
  return {
    kind: 'written',
    changes: [
      ...gone.map(({ key }) => ({ kind: 'remove', key }) as const),
      ...written.map((resource) => ({ kind: 'put', resource }) as const),
    ],
  };
}

function projectVirtualNetwork(resource: StoredResource, apiVersion: string, view: StateView): JsonObject {
  const { id, name, location, tags, etag, uid, properties } = resource;
  const { addressPrefixes, dnsServers, egressAddress: _, ...others } = properties;
  return {
    id,
    name,
    type: TYPE,
    etag: `W/${etag}`,
    location,
    tags,
    properties: {
      provisioningState: 'Succeeded',
      resourceGuid: uid,
      addressSpace: { addressPrefixes },
      ...(listOf(dnsServers).length === 0 ? {} : { dhcpOptions: { dnsServers } }),
      subnets: subnetsOf(view, resource).map((subnet) => projectSubnet(subnet, apiVersion, view)),
      virtualNetworkPeerings: peeringsOf(view, resource).map((one) => projectPeering(one, apiVersion, view)),
      enableDdosProtection: false,
      ...others,
    },
  };
}
