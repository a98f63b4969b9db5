import { type Explanation, explain } from '../admission/explain.ts';
import { compilePolicy, type NetworkSettings, PolicyError } from '../admission/policy.ts';
import { settingsOf } from '../arm/provider/microsoft.containerregistry/registry/settings.ts';
import type { ArmError } from '../azure/error.ts';
import { type Json, type JsonObject, listOf, objectOf } from '../azure/json.ts';
import { keyOfId } from '../azure/resource-id.ts';
import type { Resolve } from '../lab/dns.ts';
import { okJson, type Reply, refuseArm } from '../http/reply.ts';
import { parseAddress } from '../network/address.ts';
import { INTERNET, type NetworkFacts } from '../network/facts.ts';
import { identify } from '../network/identity.ts';
import { addressAt } from '../network/prefix.ts';
import type { Topology } from '../network/topology.ts';
import type { StateReader, StateView } from '../state/port.ts';
import { type Admission, networkSettingsOf } from './admission.ts';
import type { ControlRoute } from './control-plane.ts';
import { readObject } from './management.ts';
import { type DirectoryServices, ownerRoute } from './owner-route.ts';

/** What explaining works with. */
export interface ExplainServices extends DirectoryServices {
  readonly state: StateReader;
  readonly admission: Pick<Admission, 'snapshot'>;
  /** Looks names up as a virtual network sees them, by its id in lower case. */
  readonly resolverOf: (network: string) => Resolve;
  /** The host that clients know a registry by. */
  readonly hostOf: (registry: string) => string;
}

/**
 * `POST /seawall/explain` with `{registry, from, proposed?}`: what would happen to a request, by the same function that
 * decides on real ones. `from` is an address, the id of a subnet, or the name or id of a host.
 */
export function explainRoutes(services: ExplainServices): readonly ControlRoute[] {
  return [
    ownerRoute(services, {
      spec: 'explain',
      method: 'POST',
      path: '/seawall/explain',
      handle: async (exchange) => {
        const read = await readObject(exchange);
        return 'kind' in read ? read.reply : await answer(services, read.body);
      },
    }),
  ];
}

async function answer(services: ExplainServices, body: JsonObject): Promise<Reply> {
  const { state, admission } = services;
  const { registry: named, from, proposed } = body;
  const view = state.view();
  const name = typeof named === 'string' ? named.toLowerCase() : '';
  const registry = view
    .ofType('microsoft.containerregistry/registries')
    .find((one) => one.name.toLowerCase() === name || one.key === name);
  if (registry === undefined)
    return refuseArm({
      code: 'ResourceNotFound',
      target: 'registry',
      message: `There is no registry '${name}'; see: az acr list --query [].name`,
    });
  const { topology, generation } = admission.snapshot();
  const direct = factsFrom(view, topology, typeof from === 'string' ? from : '');
  if ('code' in direct) return refuseArm(direct);
  const facts = await byEndpoint(services, direct, { topology, host: services.hostOf(registry.name.toLowerCase()) });
  const current = networkSettingsOf(registry.uid, settingsOf(registry));
  const explained = tryExplain(propose(view, current, proposed), facts, { topology, registry: registry.name });
  if ('code' in explained) return refuseArm(explained);
  return okJson({ registry: registry.name, from, generation, ...explained });
}

function tryExplain(
  settings: NetworkSettings,
  facts: NetworkFacts,
  { topology, registry }: { readonly topology: Topology; readonly registry: string },
): Explanation | ArmError {
  try {
    return explain(compilePolicy(settings), identify(facts, topology), registry);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return { code: 'InvalidIPRule', target: 'proposed', message: `The proposed rules cannot be: ${error.message}.` };
  }
}

/** The facts that a packet from there would have. */
function factsFrom(view: StateView, topology: Topology, from: string): NetworkFacts | ArmError {
  const address = parseAddress(from);
  if (address !== undefined) return { attachment: INTERNET, remote: address, local: undefined };
  const key = keyOfId(from);
  const subnet = topology.subnets.get(key);
  const [prefix] = subnet?.prefixes ?? [];
  if (subnet !== undefined && prefix !== undefined) {
    const attachment = { kind: 'virtual-network', network: subnet.network } as const;
    return { attachment, remote: addressAt(prefix, 4), local: undefined };
  }
  return factsOfHost(view, from) ?? notFound(from);
}

/**
 * The facts of packets to where the network's DNS says that the registry is: where that is a private endpoint of the network or
 * of a peer, they come in by it.
 */
async function byEndpoint(
  { resolverOf }: ExplainServices,
  facts: NetworkFacts,
  { topology, host }: { readonly topology: Topology; readonly host: string },
): Promise<NetworkFacts> {
  if (facts.attachment.kind !== 'virtual-network') return facts;
  const { network } = facts.attachment;
  const found = await resolverOf(network)({ name: host, type: 'A' });
  const addresses = found.kind === 'records' ? found.records.flatMap((one) => (one.type === 'A' ? one.data : [])) : [];
  const reached = [network, ...(topology.networks.get(network)?.peers ?? [])];
  const endpoint = [...topology.endpoints.values()].find(
    (one) => reached.includes(one.network) && one.addresses.some((address) => addresses.includes(address)),
  );
  const local = endpoint?.addresses.find((address) => addresses.includes(address));
  if (endpoint === undefined || local === undefined) return facts;
  return { ...facts, attachment: { kind: 'virtual-network', network: endpoint.network }, local: parseAddress(local) };
}

/**
 * The facts of a host's packets, by the id or the name of its virtual machine or network interface: those of its first address.
 */
function factsOfHost(view: StateView, from: string): NetworkFacts | undefined {
  const key = keyOfId(from);
  const found = HOSTS.flatMap((type) => view.ofType(type)).find(
    (one) => one.key === key || one.name.toLowerCase() === key,
  );
  const [first] = listOf(objectOf(found?.properties['networkProfile'])['networkInterfaces']);
  const { id } = objectOf(first);
  const nic = typeof id === 'string' ? view.get(keyOfId(id)) : found;
  const [configuration] = listOf(nic?.properties['ipConfigurations']);
  const { subnet, privateIPAddress } = objectOf(objectOf(configuration)['properties']);
  const { id: subnetId } = objectOf(subnet);
  if (typeof subnetId !== 'string' || typeof privateIPAddress !== 'string') return undefined;
  const subnetKey = keyOfId(subnetId);
  const network = subnetKey.slice(0, subnetKey.lastIndexOf('/subnets/'));
  return { attachment: { kind: 'virtual-network', network }, remote: parseAddress(privateIPAddress), local: undefined };
}

/** What a host is: a virtual machine before an interface of the same name. */
const HOSTS = ['microsoft.compute/virtualmachines', 'microsoft.network/networkinterfaces'];

function notFound(from: string): ArmError {
  const message = `'${from}' is no address such as 198.18.77.7, no id of a subnet, and no name or id of a host that is there; see: seawall lab list`;
  return { code: 'ResourceNotFound', target: 'from', message };
}

/** The rules as they would be after a change of these members of a registry's properties. */
function propose(view: StateView, current: NetworkSettings, proposed: Json | undefined): NetworkSettings {
  const { publicNetworkAccess, networkRuleBypassOptions, networkRuleSet } = objectOf(proposed);
  const { defaultAction, ipRules, virtualNetworkRules } = objectOf(networkRuleSet);
  return {
    ...current,
    ...(publicNetworkAccess === 'Enabled' || publicNetworkAccess === 'Disabled' ? { publicNetworkAccess } : {}),
    ...(networkRuleBypassOptions === 'AzureServices' || networkRuleBypassOptions === 'None'
      ? { networkRuleBypassOptions }
      : {}),
    ...(defaultAction === 'Allow' || defaultAction === 'Deny' ? { defaultAction } : {}),
    ...(Array.isArray(ipRules) ? { ipRules: listOf(ipRules).flatMap((one) => textAt(one, 'value')) } : {}),
    ...(Array.isArray(virtualNetworkRules)
      ? {
          subnetRules: listOf(virtualNetworkRules)
            .flatMap((one) => textAt(one, 'id'))
            .flatMap((id) => {
              const subnet = view.get(keyOfId(id));
              return subnet === undefined ? [] : [{ id, subnetUid: subnet.uid }];
            }),
        }
      : {}),
  };
}

function textAt(value: Json, name: string): readonly string[] {
  const text = objectOf(value)[name];
  return typeof text === 'string' ? [text] : [];
}
