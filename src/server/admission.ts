import { admit } from '../admission/admit.ts';
import { compilePolicy, type NetworkSettings, type Policy } from '../admission/policy.ts';
import type { Verdict } from '../admission/verdict.ts';
import { type RegistrySettings, settingsOf } from '../arm/provider/microsoft.containerregistry/registry/settings.ts';
import type { ConnectionFacts } from '../connection/facts.ts';
import { type Address, formatAddress } from '../network/address.ts';
import { type Identity, identify } from '../network/identity.ts';
import type { Topology } from '../network/topology.ts';
import type { Change, State, StateView, StoredResource } from '../state/port.ts';
import type { Log } from '../telemetry/log.ts';
import type { InFlight } from './in-flight.ts';
import { topologyOf } from './topology.ts';

const REGISTRY = 'microsoft.containerregistry/registries';

/** Networks and rules at one generation: immutable, replaced whole. */
export interface AdmissionSnapshot {
  /** `epoch.sequence` of the state it was made of. */
  readonly generation: string;
  readonly topology: Topology;
  /** By the uid of the registry. */
  readonly policies: ReadonlyMap<string, Policy>;
}

/** Who calls, and whether they may. */
export interface Judgement {
  readonly identity: Identity;
  readonly verdict: Verdict;
  readonly generation: string;
}

/** Judges connections by the newest snapshot. */
export interface Admission extends Disposable {
  readonly snapshot: () => AdmissionSnapshot;
  /** Judges a connection's reach to a registry, by its uid. */
  judge(registry: string, facts: ConnectionFacts): Judgement;
}

/** What admission works with. Times are in ms. */
export interface AdmissionServices {
  readonly state: State;
  readonly egress: ReadonlyMap<string, Address>;
  readonly propagationDelayMs: number;
  readonly inFlight: InFlight;
  readonly log: Pick<Log, 'event'>;
  /** Moves packets to the networks of a view, and resolves when it is done. */
  readonly fabric: (view: StateView, topology: Topology) => Promise<void>;
  /** Resets connections whose facts are such; says how many. */
  readonly cut: (which: (facts: ConnectionFacts) => boolean) => number;
}

/**
 * Follows the state: what a commit changes of networks and rules is in force before it is answered, for requests under
 * way too (invariant 5). With a delay, as Azure has one, it is in force that much later.
 */
export async function followAdmission(services: AdmissionServices): Promise<Admission> {
  const { state, egress, inFlight, log, propagationDelayMs } = services;
  let snapshot = compile(state.view(), topologyOf(state.view(), egress));
  await services.fabric(state.view(), snapshot.topology);
  let judge = judgeBy(snapshot);
  const adopt = (next: AdmissionSnapshot): void => {
    snapshot = next;
    judge = judgeBy(next);
  };
  const publish = async (view: StateView, networks: 'same' | 'changed'): Promise<void> => {
    const before = snapshot.topology;
    adopt(compile(view, networks === 'same' ? before : topologyOf(view, egress)));
    const rejected = inFlight.rejudge(({ registry, facts }) => judge(registry, facts).verdict.kind === 'allowed');
    if (rejected > 0)
      log.event({ event: 'connections-cut', count: rejected, why: 'a rule that had let them in is gone' });
    if (networks === 'same') return;
    await services.fabric(view, snapshot.topology);
    const moved = services.cut(({ network }) => hasMoved(network, before, snapshot.topology));
    if (moved > 0) log.event({ event: 'connections-cut', count: moved, why: 'their way to the registry changed' });
  };
  const waiting = new Set<NodeJS.Timeout>();
  const stop = state.follow(async (view, changes) => {
    const keys = changes.map((change) => (change.kind === 'put' ? change.resource.key : change.key));
    if (!keys.some(matters)) return;
    const networks = changes.some(isOfNetworks) ? 'changed' : 'same';
    if (propagationDelayMs === 0) return publish(view, networks);
    adopt(withNewRegistries(snapshot, view));
    const timer = setTimeout(() => {
      waiting.delete(timer);
      publish(view, 'changed').catch((error: unknown) =>
        log.event({ event: 'task-failed', task: 'propagation', error }),
      );
    }, propagationDelayMs);
    waiting.add(timer);
  });
  return {
    snapshot: () => snapshot,
    judge: (registry, facts) => judge(registry, facts),
    [Symbol.dispose]: () => {
      stop();
      for (const timer of waiting) clearTimeout(timer);
    },
  };
}

/** Nothing known of a registry admits nobody. */
const NO_POLICY: Verdict = { kind: 'refused', reason: 'unattributed' };

/** Networks, registries, and whoever has a host on a network. */
function matters(key: string): boolean {
  return [...NAMESPACES, REGISTRY].some((one) => key.includes(`/providers/${one}/`));
}

const NAMESPACES = [
  'microsoft.network',
  'microsoft.compute',
  'microsoft.containerservice',
  'microsoft.containerinstance',
  'microsoft.managedidentity',
];

/** Whether a change may be one of networks or endpoints, and not of a registry's own settings alone. */
function isOfNetworks(change: Change): boolean {
  return change.kind === 'remove' || change.resource.type !== REGISTRY;
}

function compile(view: StateView, topology: Topology): AdmissionSnapshot {
  const { epoch, sequence } = view.generation;
  const policies = view
    .ofType(REGISTRY)
    .map((registry) => [registry.uid, compilePolicy(networkSettings(registry))] as const);
  return { generation: `${epoch}.${sequence}`, topology, policies: new Map(policies) };
}

/** A registry that is new has no rules that could be late. */
function withNewRegistries(snapshot: AdmissionSnapshot, view: StateView): AdmissionSnapshot {
  const added = view.ofType(REGISTRY).filter(({ uid }) => !snapshot.policies.has(uid));
  const policies = added.map((registry) => [registry.uid, compilePolicy(networkSettings(registry))] as const);
  return { ...snapshot, policies: new Map([...snapshot.policies, ...policies]) };
}

/** What a registry's settings say of networks. */
function networkSettings(registry: StoredResource): NetworkSettings {
  return networkSettingsOf(registry.uid, settingsOf(registry));
}

/** The settings that a policy is made of. */
export function networkSettingsOf(
  registryUid: string,
  { publicNetworkAccess, networkRuleBypassOptions, networkRuleSet }: RegistrySettings,
): NetworkSettings {
  return {
    registryUid,
    publicNetworkAccess,
    networkRuleBypassOptions,
    defaultAction: networkRuleSet.defaultAction,
    ipRules: networkRuleSet.ipRules.map(({ value }) => value),
    subnetRules: networkRuleSet.virtualNetworkRules,
  };
}

/** Judges by one snapshot: a connection once for each registry that it asks for, and not for each request. */
function judgeBy({ topology, policies, generation }: AdmissionSnapshot): Admission['judge'] {
  const known = new WeakMap<ConnectionFacts, { readonly registry: string; readonly judgement: Judgement }>();
  return (registry, facts) => {
    const last = known.get(facts);
    if (last?.registry === registry) return last.judgement;
    const identity = last?.judgement.identity ?? identify(facts.network, topology);
    const policy = policies.get(registry);
    const judgement = { identity, verdict: policy === undefined ? NO_POLICY : admit(policy, identity), generation };
    known.set(facts, { registry, judgement });
    return judgement;
  };
}

/**
 * Whether packets of a connection would come another way now: an old connection keeps the way of its first packet, so it
 * has to be made anew (facts/lab.md §2). In Azure, too, switching an endpoint cuts connections.
 */
function hasMoved(facts: ConnectionFacts['network'], before: Topology, after: Topology): boolean {
  if (facts.attachment.kind === 'internet') {
    const address = facts.remote === undefined ? '' : formatAddress(facts.remote);
    return switchedAddresses(before, after).has(address);
  }
  return wayOf(identify(facts, before)) !== wayOf(identify(facts, after));
}

function wayOf(identity: Identity): string {
  switch (identity.kind) {
    case 'subnet':
      return `subnet ${identity.subnet.uid}`;
    case 'private-endpoint':
      return `endpoint ${identity.endpoint.uid}`;
    case 'public':
      return `public ${formatAddress(identity.address)}`;
    case 'trusted-service':
    case 'unattributed':
      return identity.kind;
  }
}

const switched = new WeakMap<Topology, ReadonlySet<string>>();

/** Public addresses of the subnets whose service endpoint came, or that are there no more. */
function switchedAddresses(before: Topology, after: Topology): ReadonlySet<string> {
  const known = switched.get(after);
  if (known !== undefined) return known;
  const addresses = new Set<string>();
  for (const subnet of before.subnets.values()) {
    const now = after.subnets.get(subnet.id.toLowerCase());
    const network = before.networks.get(subnet.network);
    if (network === undefined || subnet.endpoint || now?.endpoint !== true) continue;
    if (network.egress !== undefined) addresses.add(formatAddress(network.egress));
    for (const address of network.publicAddresses.values()) addresses.add(formatAddress(address));
  }
  switched.set(after, addresses);
  return addresses;
}
