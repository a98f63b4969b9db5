import { type Json, objectOf } from '../../../azure/json.ts';
import { keyOfId, type ResourceKey } from '../../../azure/resource-id.ts';
import type { StateView, StoredResource } from '../../../state/port.ts';
import { platformHosts } from '../../platform-host.ts';
import { indexed } from '../../view-index.ts';

const NIC = 'microsoft.network/networkinterfaces';

/** An address configuration of a network interface, as it is kept. */
export interface IpConfiguration {
  readonly id: string;
  readonly subnet: string;
  readonly address: string;
  readonly publicAddress: string | undefined;
}

/** The address configurations of every network interface, and of hosts that have none. */
export function ipConfigurations(view: StateView): readonly IpConfiguration[] {
  return indexed(view, readAll);
}

/** The address configuration that has a public address, by its key. */
export function configurationWith(view: StateView, publicAddress: ResourceKey): IpConfiguration | undefined {
  return indexed(view, byPublicAddress).get(publicAddress);
}

function byPublicAddress(view: StateView): ReadonlyMap<ResourceKey, IpConfiguration> {
  return new Map(
    ipConfigurations(view).flatMap((one) =>
      one.publicAddress === undefined ? [] : [[keyOfId(one.publicAddress), one] as const],
    ),
  );
}

function bySubnet(view: StateView): ReadonlyMap<ResourceKey, readonly IpConfiguration[]> {
  return Map.groupBy(ipConfigurations(view), ({ subnet }) => keyOfId(subnet));
}

function readAll(view: StateView): readonly IpConfiguration[] {
  const ofInterfaces = view.ofType(NIC).flatMap(({ id, properties }) => {
    const all = properties['ipConfigurations'];
    return (Array.isArray(all) ? all : []).flatMap((one: Json) => read(id, one));
  });
  const ofHosts = platformHosts(view).map(({ resource, name, subnet, address }) => ({
    id: `${resource.id}/hosts/${name}/ipConfigurations/one`,
    subnet,
    address,
    publicAddress: undefined,
  }));
  return [...ofInterfaces, ...ofHosts];
}

function read(nic: string, configuration: Json): readonly IpConfiguration[] {
  const { name, properties } = objectOf(configuration);
  const { subnet, privateIPAddress, publicIPAddress } = objectOf(properties);
  const { id } = objectOf(subnet);
  const { id: publicId } = objectOf(publicIPAddress);
  if (typeof name !== 'string' || typeof id !== 'string' || typeof privateIPAddress !== 'string') return [];
  const publicAddress = typeof publicId === 'string' ? publicId : undefined;
  return [{ id: `${nic}/ipConfigurations/${name}`, subnet: id, address: privateIPAddress, publicAddress }];
}

/** The ids of the address configurations in a subnet: why it can be neither removed nor resized. */
export function subnetUsers(view: StateView, { key }: Pick<StoredResource, 'key'>): readonly string[] {
  return (indexed(view, bySubnet).get(key) ?? []).map(({ id }) => id);
}
