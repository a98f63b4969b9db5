import type { ArmError } from '../../../azure/error.ts';
import { type Json, type JsonObject, listOf, objectOf } from '../../../azure/json.ts';
import { keyOfId, parseResourceId } from '../../../azure/resource-id.ts';
import type { Change, StateView, StoredResource } from '../../../state/port.ts';
import { hostRefusal } from '../../container-hosts.ts';
import { identityAfter, shownIdentity } from '../../managed-identity.ts';
import { keptHost, type PlatformHost, platformHosts } from '../../platform-host.ts';
import type { ResourceType } from '../../resource-type.ts';
import { storedResource } from '../../stored-resource.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../verb.ts';
import { sizeRefusal } from '../microsoft.compute/virtual-machine/reference.ts';
import { containerHostOperation } from '../container-host-operation.ts';
import { placeHost } from '../microsoft.network/platform-address.ts';
import { CLUSTER_SCHEMA } from './schema.ts';

const TYPE = 'Microsoft.ContainerService/managedClusters';
const IDENTITY_TYPE = 'Microsoft.ManagedIdentity/userAssignedIdentities';
const NAME = /^[A-Za-z0-9](?:[\w-]{0,61}[A-Za-z0-9])?$/;

/** Clusters: one pool, which is one node on its subnet that pulls with containerd. No Kubernetes runs on it. */
export const MANAGED_CLUSTER: ResourceType = {
  type: TYPE,
  apiVersions: {
    kind: 'range',
    from: '2019-11-01',
    shown: ['2024-09-01', '2023-07-01', '2022-11-01', '2022-07-01', '2020-11-01'],
  },
  location: 'required',
  schema: CLUSTER_SCHEMA,
  put,
  remove: ({ view }, cluster) => {
    const identity = kubeletIdentity(view, cluster);
    return { kind: 'removed', also: identity === undefined ? [] : [{ kind: 'remove', key: identity.key }] };
  },
  deletion: 'no-content',
  project: projectCluster,
};

function put(context: VerbContext, request: WriteRequest): WriteOutcome {
  const { id, body, existing } = request;
  const asked = objectOf(body['properties']);
  const pools = listOf(asked['agentPoolProfiles']).map(objectOf);
  const error = hostRefusal(context) ?? nameRefusal(id.name) ?? poolRefusal(pools);
  if (error !== undefined) return refused(error);
  // Azure gives every cluster an identity, whether it is asked for or not.
  const identity = identityAfter(context, { identity: { type: 'SystemAssigned' } }, existing);
  if ('code' in identity) return refused(identity);
  const bare = storedResource(context, request, {
    properties: {},
    envelope: { ...identity, sku: { name: 'Base', tier: 'Free' } },
    ...(typeof body['location'] === 'string' ? { location: body['location'] } : {}),
  });
  const hosts = nodesOf(context, bare, pools);
  if ('code' in hosts) return refused(hosts);
  const kubelet = existing === undefined ? undefined : kubeletIdentity(context.view, existing);
  const made = kubelet ?? newKubeletIdentity(context, bare);
  const boot = existing?.properties['boot'];
  const properties: JsonObject = {
    ...kept(asked),
    agentPoolProfiles: pools.map(keptPool),
    identityProfile: { kubeletidentity: { resourceId: made.id } },
    hosts: hosts.map(keptHost),
    provisioningState: existing === undefined ? 'Creating' : 'Updating',
    boot: typeof boot === 'number' ? boot : 1,
  };
  const also: readonly Change[] = kubelet === undefined ? [{ kind: 'put', resource: made }] : [];
  const resource = { ...bare, properties };
  return { kind: 'written', resource, also, operation: containerHostOperation(existing === undefined) };
}

function kept(asked: JsonObject): JsonObject {
  const names = ['kubernetesVersion', 'dnsPrefix', 'linuxProfile', 'enableRBAC', 'networkProfile'];
  return Object.fromEntries(
    names.flatMap((name) => (asked[name] === undefined || asked[name] === null ? [] : [[name, asked[name]]])),
  );
}

function keptPool(pool: JsonObject): JsonObject {
  const {
    currentOrchestratorVersion: _,
    nodeImageVersion: __,
    provisioningState: ___,
    powerState: ____,
    eTag: _____,
    ...asked
  } = pool;
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== null));
  return { type: 'VirtualMachineScaleSets', mode: 'System', osType: 'Linux', ...given, count: 1 };
}

function nameRefusal(name: string): ArmError | undefined {
  if (NAME.test(name)) return undefined;
  const message = `The name '${name}' of a cluster is not allowed: it has 1 to 63 letters, digits, '-' and '_', and begins and ends with a letter or digit.`;
  return { code: 'InvalidParameter', target: 'name', message };
}

function poolRefusal(pools: readonly JsonObject[]): ArmError | undefined {
  if (pools.length > 1)
    return wrong('properties.agentPoolProfiles', pools.length, 'a cluster has one pool here, which is one node');
  for (const [i, pool] of pools.entries()) {
    const target = `properties.agentPoolProfiles[${i}]`;
    const { count, vnetSubnetID, vmSize } = pool;
    if (count !== undefined && count !== null && count !== 1)
      return wrong(`${target}.count`, count, 'a pool is one node here: say --node-count 1');
    if (typeof vnetSubnetID !== 'string' || vnetSubnetID === '')
      return wrong(
        `${target}.vnetSubnetID`,
        vnetSubnetID,
        'nodes are hosts on a subnet of yours: say --vnet-subnet-id ID',
      );
    const size = typeof vmSize === 'string' && vmSize !== '' ? sizeRefusal(pool) : undefined;
    if (size !== undefined) return { ...size, target: `${target}.vmSize` };
  }
  return undefined;
}

function wrong(target: string, value: Json | undefined, why: string): ArmError {
  return {
    code: 'InvalidParameter',
    target,
    message: `The value ${JSON.stringify(value ?? null)} of '${target}' is not allowed: ${why}.`,
  };
}

/** A node for each pool; the first one's machine is the cluster's own. */
function nodesOf(
  context: VerbContext,
  cluster: StoredResource,
  pools: readonly JsonObject[],
): readonly Omit<PlatformHost, 'resource'>[] | ArmError {
  const known = platformHosts(context.view).filter(({ resource }) => resource.uid === cluster.uid);
  const all: Omit<PlatformHost, 'resource'>[] = [];
  for (const [i, pool] of pools.entries()) {
    const [name, subnetId] = [textAt(pool, 'name'), textAt(pool, 'vnetSubnetID')];
    const called = `aks-${name}-${cluster.name.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')}`;
    const before = known.find((one) => one.name === called);
    const host = placeHost(context, {
      host: { uid: i === 0 ? cluster.uid : context.newUuid(), name: called },
      subnetId,
      before,
      taken: all.map(({ address }) => address),
      target: `properties.agentPoolProfiles[${i}].vnetSubnetID`,
    });
    if ('code' in host) return host;
    all.push(host);
  }
  return all;
}

function textAt(object: JsonObject, key: string): string {
  const { [key]: value } = object;
  return typeof value === 'string' ? value : '';
}

/** The identity that nodes pull as: a resource of its own beside the cluster, which goes with it. */
export function kubeletIdentity(view: StateView, { properties }: StoredResource): StoredResource | undefined {
  const { resourceId } = objectOf(objectOf(properties['identityProfile'])['kubeletidentity']);
  return typeof resourceId === 'string' ? view.get(keyOfId(resourceId)) : undefined;
}

function newKubeletIdentity(context: VerbContext, cluster: StoredResource): StoredResource {
  const name = `${cluster.name}-agentpool`;
  const group = cluster.id.slice(0, cluster.id.indexOf('/providers/'));
  const text = `${group}/providers/${IDENTITY_TYPE}/${name}`;
  const id = parseResourceId(text);
  if (id === undefined) throw new TypeError(`${text} is an id`);
  return storedResource(
    context,
    { id, existing: undefined },
    {
      properties: {
        principalId: context.newUuid(),
        clientId: context.newUuid(),
        tenantId: context.settings.tenantId,
      },
      ...(cluster.location === undefined ? {} : { location: cluster.location }),
    },
  );
}

function projectCluster(cluster: StoredResource, _version: string, view: StateView): JsonObject {
  const { id, name, location, tags, properties, envelope } = cluster;
  const { hosts: _, boot: __, ...others } = properties;
  const kubelet = kubeletIdentity(view, cluster);
  const group = parseResourceId(id)?.group ?? '';
  return {
    id,
    name,
    type: TYPE,
    location,
    tags,
    sku: envelope['sku'],
    ...shownIdentity(view, cluster),
    properties: {
      ...others,
      servicePrincipalProfile: { clientId: 'msi' },
      nodeResourceGroup: group,
      identityProfile:
        kubelet === undefined
          ? {}
          : {
              kubeletidentity: {
                resourceId: kubelet.id,
                clientId: kubelet.properties['clientId'],
                objectId: kubelet.properties['principalId'],
              },
            },
      provisioningState: properties['provisioningState'] ?? 'Succeeded',
      powerState: { code: 'Running' },
    },
  };
}
