import Type, { type TSchema } from 'typebox';
import type { ArmError } from '../../../../azure/error.ts';
import { type JsonObject, objectOf } from '../../../../azure/json.ts';
import { keyOfId, type ResourceId, type ResourceKey } from '../../../../azure/resource-id.ts';
import { formatPrefix, overlaps, type Prefix } from '../../../../network/prefix.ts';
import type { StateView, StoredResource } from '../../../../state/port.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused } from '../../../verb.ts';
import { NETWORK_VERSIONS } from '../api-version.ts';
import { idIn, isError, referred } from '../reference.ts';
import { prefixesOf } from './subnet.ts';

const TYPE = 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings';
const CLOSED = { additionalProperties: false } as const;
const flag = (): TSchema => Type.Optional(Type.Boolean());
const answered = (): TSchema => Type.Optional(Type.Unknown({ readOnly: true }));
/** What a peering says beside where it goes. */
const FLAGS = [
  'allowVirtualNetworkAccess',
  'allowForwardedTraffic',
  'allowGatewayTransit',
  'useRemoteGateways',
  'doNotVerifyRemoteGateways',
] as const;

/** Peerings of virtual networks: each side makes its half, and both halves make it Connected. */
export const PEERING: ResourceType = {
  type: TYPE,
  apiVersions: NETWORK_VERSIONS,
  location: 'none',
  schema: Type.Object(
    {
      properties: Type.Object(
        {
          ...Object.fromEntries(FLAGS.map((name) => [name, flag()])),
          remoteVirtualNetwork: Type.Object({ id: Type.String() }),
          // Peerings of some subnets alone, and of IPv6 alone, are not built.
          peerCompleteVnets: Type.Optional(Type.Literal(true)),
          enableOnlyIPv6Peering: Type.Optional(Type.Literal(false)),
          peeringState: answered(),
          peeringSyncLevel: answered(),
          remoteAddressSpace: answered(),
          remoteVirtualNetworkAddressSpace: answered(),
          localAddressSpace: answered(),
          localVirtualNetworkAddressSpace: answered(),
          resourceGuid: answered(),
          provisioningState: answered(),
        },
        CLOSED,
      ),
    },
    CLOSED,
  ),
  put: (context, request) => {
    const asked = objectOf(request.body['properties']);
    const target = 'properties.remoteVirtualNetwork.id';
    const remote = referred(context.view, asked['remoteVirtualNetwork'], {
      type: 'microsoft.network/virtualnetworks',
      target,
    });
    if (isError(remote)) return refused(remote);
    const error = peeringRefusal(context.view, request.id, remote);
    if (error !== undefined) return refused(error);
    const flags = Object.fromEntries(FLAGS.map((name) => [name, asked[name] ?? name === 'allowVirtualNetworkAccess']));
    return {
      kind: 'written',
      resource: storedResource(context, request, { properties: { ...flags, remoteVirtualNetwork: { id: remote.id } } }),
    };
  },
  project: projectPeering,
};

/** The peerings of a virtual network. */
export function peeringsOf(view: StateView, network: Pick<StoredResource, 'key'>): readonly StoredResource[] {
  return view.ofType(TYPE.toLowerCase(), network.key);
}

function remoteKey({ properties }: StoredResource): ResourceKey {
  return keyOfId(idIn(properties['remoteVirtualNetwork']) ?? '');
}

function peeringRefusal(view: StateView, { key, parent }: ResourceId, remote: StoredResource): ArmError | undefined {
  const network = parent === undefined ? undefined : view.get(parent.key);
  if (network === undefined) return { code: 'ParentResourceNotFound', message: 'The virtual network was not found.' };
  if (network.key === remote.key)
    return {
      code: 'VnetCannotBePeeredWithItself',
      message: `The virtual network '${network.name}' cannot be peered with itself.`,
    };
  const twin = peeringsOf(view, network).find((one) => one.key !== key && remoteKey(one) === remote.key);
  if (twin !== undefined)
    return {
      code: 'AnotherPeeringAlreadyReferencesRemoteVnet',
      message: `The peering '${twin.name}' of '${network.name}' goes to '${remote.name}' already.`,
    };
  return overlapRefusal(network.name, prefixesOf(network), remote);
}

function overlapRefusal(name: string, ours: readonly Prefix[], remote: StoredResource): ArmError | undefined {
  const theirs = prefixesOf(remote);
  const clash = ours.find((own) => theirs.some((one) => overlaps(own, one)));
  if (clash === undefined) return undefined;
  const message = `Cannot create or update peering: virtual networks '${name}' and '${remote.name}' cannot be peered because their address spaces overlap (${formatPrefix(clash)}).`;
  return { code: 'VnetAddressSpacesOverlap', message };
}

/** Why a network cannot have an address space: one that it is peered with, from either side, has some of it. */
export function peeredSpaceRefusal(
  view: StateView,
  { key, name }: Pick<ResourceId, 'key' | 'name'>,
  space: readonly Prefix[],
): ArmError | undefined {
  const peered = view.ofType(TYPE.toLowerCase()).flatMap((peering): readonly ResourceKey[] => {
    const own = keyOfId(peering.id.slice(0, peering.id.lastIndexOf('/virtualNetworkPeerings/')));
    const remote = remoteKey(peering);
    return own === key ? [remote] : remote === key ? [own] : [];
  });
  for (const other of new Set(peered)) {
    const network = view.get(other);
    const refusal = network === undefined ? undefined : overlapRefusal(name, space, network);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** A peering as its own resource, and within its virtual network, shows it. */
export function projectPeering(peering: StoredResource, _: string, view: StateView): JsonObject {
  const { id, name, etag, uid, properties } = peering;
  const remote = view.get(remoteKey(peering));
  const own = keyOfId(id.slice(0, id.lastIndexOf('/virtualNetworkPeerings/')));
  const back = remote !== undefined && peeringsOf(view, remote).some((one) => remoteKey(one) === own);
  const space = { addressPrefixes: remote === undefined ? [] : prefixesOf(remote).map(formatPrefix) };
  return {
    id,
    name,
    type: TYPE,
    etag: `W/${etag}`,
    properties: {
      provisioningState: 'Succeeded',
      resourceGuid: uid,
      ...properties,
      peeringState: remote === undefined ? 'Disconnected' : back ? 'Connected' : 'Initiated',
      peeringSyncLevel: back ? 'FullyInSync' : 'RemoteNotInSync',
      remoteAddressSpace: space,
      remoteVirtualNetworkAddressSpace: space,
    },
  };
}
