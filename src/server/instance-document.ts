import { type Json, type JsonObject, objectOf } from '../azure/json.ts';
import { keyOfId, parseResourceId } from '../azure/resource-id.ts';
import { prefixesOf } from '../arm/provider/microsoft.network/virtual-network/subnet.ts';
import { formatPrefix } from '../network/prefix.ts';
import type { StateView, StoredResource } from '../state/port.ts';
import type { MetadataHost } from './instance-metadata.ts';

/** What a virtual machine is told of itself (the schema of `/metadata/instance`, 2021-02-01). */
export function instanceOf(view: StateView, host: MetadataHost): JsonObject {
  return { compute: computeOf(host.resource), network: { interface: [interfaceOf(view, host)] } };
}

function computeOf({ id, name, location, tags, properties, envelope }: StoredResource): JsonObject {
  const parsed = parseResourceId(id);
  const image = objectOf(objectOf(properties['storageProfile'])['imageReference']);
  const profile = objectOf(properties['osProfile']);
  const zones = envelope['zones'];
  return {
    azEnvironment: 'AzurePublicCloud',
    location: location ?? '',
    name,
    offer: image['offer'] ?? '',
    osType: 'Linux',
    osProfile: {
      adminUsername: profile['adminUsername'] ?? '',
      computerName: profile['computerName'] ?? name,
      disablePasswordAuthentication: 'true',
    },
    provider: 'Microsoft.Compute',
    publicKeys: keysOf(profile),
    publisher: image['publisher'] ?? '',
    resourceGroupName: parsed?.group ?? '',
    resourceId: id,
    sku: image['sku'] ?? '',
    storageProfile: { imageReference: image },
    subscriptionId: parsed?.subscription ?? '',
    tags: Object.entries(tags)
      .map(([key, value]) => `${key}:${value}`)
      .join(';'),
    tagsList: Object.entries(tags).map(([key, value]) => ({ name: key, value })),
    userData: properties['userData'] ?? '',
    version: image['exactVersion'] ?? '',
    vmId: properties['vmId'] ?? '',
    vmSize: objectOf(properties['hardwareProfile'])['vmSize'] ?? '',
    zone: Array.isArray(zones) ? String(zones[0] ?? '') : '',
  };
}

function keysOf(profile: JsonObject): Json {
  const { ssh } = objectOf(profile['linuxConfiguration']);
  return objectOf(ssh)['publicKeys'] ?? [];
}

function interfaceOf(view: StateView, { network, nic }: MetadataHost): JsonObject {
  const subnet = view.get(keyOfId(network.subnet));
  const prefixes = subnet === undefined ? [] : prefixesOf(subnet).filter((one) => one.network.family === 4);
  const found = network.publicAddress === undefined ? undefined : view.get(keyOfId(network.publicAddress));
  const mac = nic?.properties['macAddress'];
  return {
    ipv4: {
      ipAddress: [{ privateIpAddress: network.address, publicIpAddress: found?.properties['ipAddress'] ?? '' }],
      subnet: prefixes.map((prefix) => {
        const [address = '', length = ''] = formatPrefix(prefix).split('/');
        return { address, prefix: length };
      }),
    },
    ipv6: { ipAddress: [] },
    macAddress: typeof mac === 'string' ? mac.replaceAll('-', '') : '',
  };
}
