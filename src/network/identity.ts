import { type Address, formatAddress } from './address.ts';
import type { NetworkFacts } from './facts.ts';
import {
  endpointAt,
  type PrivateEndpoint,
  type Subnet,
  subnetAt,
  type Topology,
  type VirtualNetwork,
} from './topology.ts';

/** Why a caller belongs to no network; such a caller is always refused. */
export type UnattributedWhy =
  | 'no-address'
  | 'unknown-network'
  | 'outside-subnets'
  | 'no-egress-address'
  | 'unknown-subnet'
  | 'unknown-endpoint';

/** How a public caller's address came to be known. */
export type PublicBy = 'packet' | 'proxy' | 'public-address-of-host' | 'egress-of-network';

/**
 * Who calls, as far as packets prove (invariant 3). `address` is the one that rules are applied to and that a refusal
 * names; `seen` the one the packet had.
 */
export type Identity =
  | { readonly kind: 'unattributed'; readonly why: UnattributedWhy; readonly seen: Address | undefined }
  | {
      readonly kind: 'public';
      readonly address: Address;
      readonly by: PublicBy;
      readonly seen: Address;
      readonly subnet?: Subnet;
    }
  | { readonly kind: 'subnet'; readonly address: Address; readonly subnet: Subnet }
  | {
      readonly kind: 'private-endpoint';
      readonly address: Address;
      readonly endpoint: PrivateEndpoint;
      readonly subnet?: Subnet;
    }
  | { readonly kind: 'trusted-service'; readonly address: Address; readonly service: string };

/** Says who calls. Pure; the same facts give another answer only when the networks changed. */
export function identify(facts: NetworkFacts, topology: Topology): Identity {
  const { attachment, remote } = facts;
  if (remote === undefined) return unattributed('no-address', undefined);
  switch (attachment.kind) {
    case 'internet':
      return { kind: 'public', address: remote, by: attachment.by, seen: remote };
    case 'virtual-network':
      return inNetwork(topology, attachment.network, { ...facts, remote });
    case 'subnet': {
      const subnet = topology.subnets.get(attachment.subnet);
      const network = subnet === undefined ? undefined : topology.networks.get(subnet.network);
      if (subnet === undefined || network === undefined) return unattributed('unknown-subnet', remote);
      if (subnetAt(network, remote) !== subnet) return unattributed('outside-subnets', remote);
      return bySubnet(network, subnet, remote);
    }
    case 'private-endpoint': {
      const endpoint = topology.endpoints.get(attachment.endpoint);
      if (endpoint === undefined) return unattributed('unknown-endpoint', remote);
      return throughEndpoint(topology, endpoint, remote);
    }
    case 'trusted-service':
      return { kind: 'trusted-service', address: remote, service: attachment.service };
  }
}

function inNetwork(
  topology: Topology,
  id: string,
  { remote, local }: NetworkFacts & { readonly remote: Address },
): Identity {
  const network = topology.networks.get(id);
  if (network === undefined) return unattributed('unknown-network', remote);
  const endpoint = local === undefined ? undefined : endpointAt(topology, id, local);
  if (endpoint !== undefined) return throughEndpoint(topology, endpoint, remote);
  const subnet = subnetAt(network, remote);
  return subnet === undefined ? unattributed('outside-subnets', remote) : bySubnet(network, subnet, remote);
}

/** An endpoint is reached from its own network and from those that are peered with it, and from nowhere else. */
function throughEndpoint(topology: Topology, endpoint: PrivateEndpoint, remote: Address): Identity {
  const network = topology.networks.get(endpoint.network);
  if (network === undefined) return unattributed('unknown-network', remote);
  const peers = network.peers.flatMap((id) => topology.networks.get(id) ?? []);
  for (const one of [network, ...peers]) {
    const subnet = subnetAt(one, remote);
    if (subnet !== undefined) return { kind: 'private-endpoint', address: remote, endpoint, subnet };
  }
  return unattributed('outside-subnets', remote);
}

/**
 * A subnet without the service endpoint is public, by its host's address or its network's (facts/acr.md §5). So is a host
 * that no service endpoint carries, wherever it is, unless it is of a trusted service: that is a fact of its connection.
 */
function bySubnet(network: VirtualNetwork, subnet: Subnet, remote: Address): Identity {
  const platform = network.platform?.get(formatAddress(remote));
  if (platform?.trusted === true)
    return { kind: 'trusted-service', address: network.egress ?? remote, service: platform.service };
  if (subnet.endpoint && platform === undefined) return { kind: 'subnet', address: remote, subnet };
  const own = network.publicAddresses.get(formatAddress(remote));
  if (own !== undefined) return { kind: 'public', address: own, by: 'public-address-of-host', seen: remote, subnet };
  if (network.egress === undefined) return unattributed('no-egress-address', remote);
  return { kind: 'public', address: network.egress, by: 'egress-of-network', seen: remote, subnet };
}

function unattributed(why: UnattributedWhy, seen: Address | undefined): Identity {
  return { kind: 'unattributed', why, seen };
}

/** The address that a refusal names, as text. */
export function addressOf(identity: Identity): string {
  const address = identity.kind === 'unattributed' ? identity.seen : identity.address;
  return address === undefined ? 'unknown' : formatAddress(address);
}
