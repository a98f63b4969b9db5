import { type Address, formatAddress } from './address.ts';
import { containsAddress, type Prefix } from './prefix.ts';

/** A subnet as packets meet it. */
export interface Subnet {
  readonly uid: string;
  readonly id: string;
  readonly network: string;
  readonly prefixes: readonly Prefix[];
  /** Whether it has the service endpoint `Microsoft.ContainerRegistry`. */
  readonly endpoint: boolean;
}

/** A service of Azure's that a host is of. */
export interface PlatformService {
  readonly service: string;
  /** Whether it counts as trusted: a container group with an identity does (facts/acr.md §1.6). */
  readonly trusted: boolean;
}

/** A virtual network. Keys are ids in lower case. */
export interface VirtualNetwork {
  readonly uid: string;
  readonly id: string;
  readonly subnets: readonly Subnet[];
  /** Networks whose packets come in by a peering. */
  readonly peers: readonly string[];
  /** The public address by which it reaches the internet, where nothing else is said. */
  readonly egress: Address | undefined;
  /** Hosts of the platform's own by their address (as text): no service endpoint carries their packets. */
  readonly platform?: ReadonlyMap<string, PlatformService>;
  /** Public addresses by the private address (as text) that has them. */
  readonly publicAddresses: ReadonlyMap<string, Address>;
}

/** What a private endpoint's connection at its registry says. */
export type ConnectionStatus = 'Approved' | 'Pending' | 'Rejected' | 'Disconnected';

/** A private endpoint: addresses within one virtual network that lead to one registry. */
export interface PrivateEndpoint {
  readonly uid: string;
  readonly id: string;
  readonly network: string;
  readonly addresses: readonly string[];
  readonly registryUid: string;
  readonly status: ConnectionStatus;
}

/** Every network there is, at one generation. Immutable. */
export interface Topology {
  /** By id in lower case. */
  readonly networks: ReadonlyMap<string, VirtualNetwork>;
  readonly subnets: ReadonlyMap<string, Subnet>;
  readonly endpoints: ReadonlyMap<string, PrivateEndpoint>;
  /** By the network's id, a space, and the address. */
  readonly endpointsByAddress: ReadonlyMap<string, PrivateEndpoint>;
}

/** Indexes networks and endpoints for lookups by packet. */
export function compileTopology(networks: readonly VirtualNetwork[], endpoints: readonly PrivateEndpoint[]): Topology {
  return {
    networks: new Map(networks.map((one) => [one.id.toLowerCase(), one])),
    subnets: new Map(networks.flatMap(({ subnets }) => subnets.map((one) => [one.id.toLowerCase(), one] as const))),
    endpoints: new Map(endpoints.map((one) => [one.id.toLowerCase(), one])),
    endpointsByAddress: new Map(
      endpoints.flatMap((one) => one.addresses.map((address) => [`${one.network} ${address}`, one] as const)),
    ),
  };
}

/** The subnet of a network that an address lies in. */
export function subnetAt({ subnets }: VirtualNetwork, address: Address): Subnet | undefined {
  return subnets.find(({ prefixes }) => prefixes.some((prefix) => containsAddress(prefix, address)));
}

/** The private endpoint at an address of a network. */
export function endpointAt(topology: Topology, network: string, address: Address): PrivateEndpoint | undefined {
  return topology.endpointsByAddress.get(`${network} ${formatAddress(address)}`);
}
