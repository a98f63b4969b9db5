import { identitiesOf } from '../arm/managed-identity.ts';
import { CONTAINER_GROUPS, platformHosts } from '../arm/platform-host.ts';
import { connectionStatusOf } from '../arm/provider/microsoft.containerregistry/child/private-endpoint-connection.ts';
import { hasRegistryEndpoint } from '../arm/provider/microsoft.network/service-endpoint.ts';
import { ipConfigurations } from '../arm/provider/microsoft.network/subnet-user.ts';
import { prefixesOf } from '../arm/provider/microsoft.network/virtual-network/subnet.ts';
import { listOf, objectOf, type Json } from '../azure/json.ts';
import { keyOfId } from '../azure/resource-id.ts';
import { type Address, parseAddress } from '../network/address.ts';
import {
  compileTopology,
  type PlatformService,
  type PrivateEndpoint,
  type Subnet,
  type Topology,
  type VirtualNetwork,
} from '../network/topology.ts';
import type { StateView, StoredResource } from '../state/port.ts';

const NETWORK = 'microsoft.network/virtualnetworks';

/** The networks of the state as packets meet them; `egress` has those addresses that are not of the state. */
export function topologyOf(view: StateView, egress: ReadonlyMap<string, Address>): Topology {
  const publicAddresses = publicAddressesOf(view);
  const platform = platformServices(view);
  const networks = view.ofType(NETWORK).map((network): VirtualNetwork => {
    const subnets = view.ofType(`${NETWORK}/subnets`, network.key).map((subnet) => subnetOf(network, subnet));
    return {
      uid: network.uid,
      id: network.id,
      subnets,
      peers: peersOf(view, network),
      egress: egress.get(network.key) ?? addressIn(network.properties['egressAddress']),
      publicAddresses: publicAddresses.get(network.key) ?? new Map(),
      platform: platform.get(network.key) ?? new Map(),
    };
  });
  return compileTopology(networks, endpointsOf(view));
}

function subnetOf(network: StoredResource, subnet: StoredResource): Subnet {
  const endpoint = hasRegistryEndpoint(subnet);
  return { uid: subnet.uid, id: subnet.id, network: network.key, prefixes: prefixesOf(subnet), endpoint };
}

/** Networks whose peering with this one has both its halves, each letting the other in. */
function peersOf(view: StateView, network: StoredResource): readonly string[] {
  const letsIn = (from: string): readonly string[] =>
    view
      .ofType(`${NETWORK}/virtualnetworkpeerings`, keyOfId(from))
      .filter(({ properties }) => properties['allowVirtualNetworkAccess'] !== false)
      .flatMap(({ properties }) => idOf(properties['remoteVirtualNetwork']));
  return letsIn(network.id).filter((peer) => letsIn(peer).includes(network.key));
}

function idOf(reference: Json | undefined): readonly (string & ReturnType<typeof keyOfId>)[] {
  const { id } = objectOf(reference);
  return typeof id === 'string' ? [keyOfId(id)] : [];
}

type ByAddress = Map<string, Address>;

/** Public addresses of hosts: by the network, and by the private address that has them. */
function publicAddressesOf(view: StateView): ReadonlyMap<string, ByAddress> {
  const all = new Map<string, ByAddress>();
  for (const { subnet, address, publicAddress } of ipConfigurations(view)) {
    const found = publicAddress === undefined ? undefined : view.get(keyOfId(publicAddress));
    const known = addressIn(found?.properties['ipAddress']);
    if (known === undefined) continue;
    const network = networkOf(subnet);
    const ofNetwork: ByAddress = all.get(network) ?? new Map<string, Address>();
    all.set(network, ofNetwork.set(address, known));
  }
  return all;
}

/** Container groups by network and address: no service endpoint carries their packets, and those with an identity are trusted. */
function platformServices(view: StateView): ReadonlyMap<string, ReadonlyMap<string, PlatformService>> {
  const groups = platformHosts(view).filter(({ resource }) => resource.type === CONTAINER_GROUPS);
  const byNetwork = Map.groupBy(groups, ({ subnet }) => networkOf(subnet));
  return new Map(
    [...byNetwork].map(([network, hosts]) => [
      network,
      new Map(
        hosts.map(({ address, resource }) => {
          const trusted = identitiesOf(view, resource).length > 0;
          return [address, { service: 'Microsoft.ContainerInstance', trusted }];
        }),
      ),
    ]),
  );
}

/** The key of the virtual network that a subnet's id is of. */
function networkOf(subnetId: string): string {
  const key = keyOfId(subnetId);
  return key.slice(0, key.lastIndexOf('/subnets/'));
}

function addressIn(value: Json | undefined): Address | undefined {
  return typeof value === 'string' ? parseAddress(value) : undefined;
}

/** An endpoint leads to the registry that its connection is of: one made again under the same name has none (invariant 9). */
function endpointsOf(view: StateView): readonly PrivateEndpoint[] {
  return view.ofType('microsoft.network/privateendpoints').map(({ uid, id, properties }) => {
    const { connectionId } = objectOf(properties['connection']);
    const connection = typeof connectionId === 'string' ? view.get(keyOfId(connectionId)) : undefined;
    const registry = connection?.key.slice(0, connection.key.lastIndexOf('/privateendpointconnections/'));
    const [subnet = ''] = idOf(properties['subnet']);
    const nics = listOf(properties['networkInterfaces']).flatMap(idOf);
    const addresses = nics.flatMap((nic) =>
      listOf(view.get(nic)?.properties['ipConfigurations']).flatMap((one) => {
        const { privateIPAddress } = objectOf(objectOf(one)['properties']);
        return typeof privateIPAddress === 'string' ? [privateIPAddress] : [];
      }),
    );
    return {
      uid,
      id,
      network: networkOf(subnet),
      addresses,
      registryUid: (registry === undefined ? undefined : view.get(keyOfId(registry))?.uid) ?? '',
      status: connection === undefined ? 'Disconnected' : connectionStatusOf(connection),
    };
  });
}
