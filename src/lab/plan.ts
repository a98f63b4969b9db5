/** What the fabric of the lab is to be: made of the state by pure functions, carried out by the supervisor, and nothing else. */
import { type Address, formatAddress } from '../network/address.ts';
import { addressAt, formatPrefix, parsePrefix, type Prefix } from '../network/prefix.ts';
import { type Subnet, subnetAt, type Topology, type VirtualNetwork } from '../network/topology.ts';
import { parseAddress } from '../network/address.ts';

/** One rule of a network security group, with its members for one and for several in one list (facts/acr.md §5). */
export interface SecurityRule {
  readonly direction: 'Inbound' | 'Outbound';
  readonly priority: number;
  readonly access: 'Allow' | 'Deny';
  /** `tcp`, `udp`, `icmp`, `esp`, `ah`, or `*`. */
  readonly protocol: string;
  /** Prefixes, addresses and tags. */
  readonly sources: readonly string[];
  readonly sourcePorts: readonly string[];
  readonly destinations: readonly string[];
  readonly destinationPorts: readonly string[];
}

/** A machine on a subnet: a network namespace with one interface. */
export interface Host {
  /** Unique; what `seawall lab exec` calls it. */
  readonly name: string;
  readonly uid: string;
  /** The uid of what runs on it, where something does. */
  readonly machine?: string;
  readonly subnet: string;
  readonly address: string;
  /** Of its link, as Azure writes it: `00-0D-3A-12-34-56`. */
  readonly mac: string;
  /** The rules of each security group that its packets meet. */
  readonly groups: readonly (readonly SecurityRule[])[];
}

/** A subnet with its bridge. */
export interface SubnetPlan {
  readonly bridge: string;
  /** Each address of the gateway with the length of its prefix, such as `10.0.0.1/24`. */
  readonly gateways: readonly string[];
  readonly endpoint: boolean;
}

/** A virtual network: a router in a namespace of its own. */
export interface NetworkPlan {
  /** Id of the virtual network in lower case, as connections accepted in it are marked. */
  readonly id: string;
  readonly namespace: string;
  /** The end of its link on this machine. */
  readonly link: string;
  readonly egress: string | undefined;
  /** Prefixes of the network and of its peers. */
  readonly space: readonly string[];
  readonly subnets: readonly SubnetPlan[];
  readonly publicAddresses: readonly { readonly public: string; readonly private: string }[];
  readonly endpoints: readonly { readonly address: string; readonly bridge: string }[];
  readonly hosts: readonly HostPlan[];
  /** Addresses of hosts that no service endpoint carries, and of those among them that count as a trusted service. */
  readonly notCarried: readonly string[];
  readonly trusted: readonly string[];
}

/** A host with the way it is wired. */
export interface HostPlan {
  readonly name: string;
  readonly machine?: string;
  readonly namespace: string;
  readonly link: string;
  readonly bridge: string;
  readonly address: string;
  /** The one that its packets must have on their way in: colons, lower case. */
  readonly mac: string;
  readonly gateway: string;
  readonly groups: readonly (readonly SecurityRule[])[];
}

/** Two networks that carry each other's packets. */
export interface PeeringPlan {
  readonly ends: readonly [PeeringEnd, PeeringEnd];
}

/** One end of a peering: the router, its interface, and what lies behind the other one. */
export interface PeeringEnd {
  readonly namespace: string;
  readonly link: string;
  readonly beyond: readonly string[];
}

/** The whole fabric. */
export interface LabPlan {
  readonly publicPrefix: string;
  /** The machine's own end of the lab's internet, and the registries' address on it. */
  readonly gateway: string;
  readonly registry: string;
  /** Whether the machine has an end: not so where the lab is made without root. */
  readonly machine: boolean;
  readonly networks: readonly NetworkPlan[];
  readonly peerings: readonly PeeringPlan[];
}

/** Every name that the lab gives to anything on the machine begins with this. */
export const PREFIX = 'swl';
const GATEWAY = 1;
const REGISTRY = 2;

/** The addresses of the lab itself in its public prefix. Throws when that is none. */
export function labAddresses(publicPrefix: string): { readonly gateway: string; readonly registry: string } {
  const prefix = prefixOf(publicPrefix);
  return {
    gateway: formatAddress(addressAt(prefix, GATEWAY)),
    registry: formatAddress(addressAt(prefix, REGISTRY)),
  };
}

function prefixOf(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed.kind !== 'parsed') throw new Error(`${text} is no prefix`);
  return parsed.prefix;
}

/** What the fabric is to be for these networks and hosts. */
export function labPlan(
  topology: Topology,
  hosts: readonly Host[],
  { publicPrefix, machine }: Pick<LabPlan, 'publicPrefix' | 'machine'>,
): LabPlan {
  const networks = [...topology.networks.values()];
  return {
    publicPrefix,
    machine,
    ...labAddresses(publicPrefix),
    networks: networks.map((network) => networkPlan(topology, network, hosts)),
    peerings: peeringsOf(topology, networks),
  };
}

/** A name for an interface, which has 15 characters at most: the first of a uid tell it from others. */
function short(uid: string): string {
  return uid.replaceAll('-', '').slice(0, 10);
}

function networkPlan(topology: Topology, network: VirtualNetwork, hosts: readonly Host[]): NetworkPlan {
  const key = network.id.toLowerCase();
  const endpoints = [...topology.endpoints.values()].filter((one) => one.network === key);
  return {
    id: key,
    namespace: `${PREFIX}-${short(network.uid)}`,
    link: `${PREFIX}${short(network.uid)}`,
    egress: network.egress === undefined ? undefined : formatAddress(network.egress),
    space: [network, ...network.peers.flatMap((peer) => topology.networks.get(peer) ?? [])].flatMap(prefixesOf),
    subnets: network.subnets.map(subnetPlan),
    publicAddresses: [...network.publicAddresses].map(([own, address]) => ({
      private: own,
      public: formatAddress(address),
    })),
    endpoints: endpoints.flatMap(({ addresses }) =>
      addresses.flatMap((address) => {
        const subnet = subnetOf(network, parseAddress(address));
        return subnet === undefined ? [] : [{ address, bridge: bridgeOf(subnet) }];
      }),
    ),
    hosts: hosts.flatMap((host) => hostPlan(network, host)),
    notCarried: platformAddresses(network, false),
    trusted: platformAddresses(network, true),
  };
}

function platformAddresses({ platform = new Map() }: VirtualNetwork, trusted: boolean): readonly string[] {
  return [...platform].flatMap(([address, service]) => (service.trusted === trusted ? [address] : []));
}

function bridgeOf({ uid }: Subnet): string {
  return `s${short(uid)}`;
}

function subnetPlan(subnet: Subnet): SubnetPlan {
  const four = subnet.prefixes.filter(({ network }) => network.family === 4);
  return {
    bridge: bridgeOf(subnet),
    gateways: four.map((prefix) => `${formatAddress(addressAt(prefix, GATEWAY))}/${prefix.length}`),
    endpoint: subnet.endpoint,
  };
}

function subnetOf(network: VirtualNetwork, address: Address | undefined): Subnet | undefined {
  return address === undefined ? undefined : subnetAt(network, address);
}

function hostPlan(network: VirtualNetwork, host: Host): readonly HostPlan[] {
  const address = parseAddress(host.address);
  const subnet = network.subnets.find(({ id }) => id.toLowerCase() === host.subnet);
  const prefix = subnet?.prefixes.find(
    (one) => address !== undefined && subnetAt({ ...network, subnets: [{ ...subnet, prefixes: [one] }] }, address),
  );
  if (subnet === undefined || prefix === undefined) return [];
  return [
    {
      name: host.name,
      ...(host.machine === undefined ? {} : { machine: host.machine }),
      namespace: `${PREFIX}-h-${host.name}`,
      link: `h${short(host.uid)}`,
      bridge: bridgeOf(subnet),
      address: `${host.address}/${prefix.length}`,
      mac: host.mac.replaceAll('-', ':').toLowerCase(),
      gateway: formatAddress(addressAt(prefix, GATEWAY)),
      groups: host.groups,
    },
  ];
}

function peeringsOf(topology: Topology, networks: readonly VirtualNetwork[]): readonly PeeringPlan[] {
  return networks.flatMap((one) =>
    one.peers.flatMap((peer): readonly PeeringPlan[] => {
      const other = topology.networks.get(peer);
      if (other === undefined || one.uid >= other.uid) return [];
      return [{ ends: [endOf(one, other), endOf(other, one)] }];
    }),
  );
}

function endOf(own: VirtualNetwork, other: VirtualNetwork): PeeringEnd {
  return { namespace: `${PREFIX}-${short(own.uid)}`, link: `p${short(other.uid)}`, beyond: prefixesOf(other) };
}

function prefixesOf({ subnets }: VirtualNetwork): readonly string[] {
  return subnets.flatMap(({ prefixes }) => prefixes.filter(({ network }) => network.family === 4).map(formatPrefix));
}
