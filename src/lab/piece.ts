/** The parts that a fabric is made of, each with what makes it and what takes it away. Pure. */
import type { HostPlan, LabPlan, NetworkPlan, PeeringPlan } from './plan.ts';
import { PREFIX } from './plan.ts';
import { METADATA, OUTSIDE } from './inner-address.ts';
import { packetRules } from './packet-rules.ts';

/** One thing to do on the machine. `in` is the namespace it is done in. */
export type Step =
  | { readonly kind: 'ip'; readonly in?: string; readonly line: string }
  | {
      readonly kind: 'run';
      readonly in?: string;
      readonly argv: readonly [string, ...string[]];
      readonly input?: string;
    }
  /** Makes a namespace, unless there is one of this name: that of a machine may outlive its network. */
  | { readonly kind: 'namespace'; readonly name: string }
  | { readonly kind: 'end-processes'; readonly in: string }
  | { readonly kind: 'resolver'; readonly in: string; readonly server: string | undefined };

/** One part of the fabric; `key` tells it from every other, and changes with what it is. */
export interface Piece {
  readonly key: string;
  readonly up: readonly Step[];
  readonly down: readonly Step[];
}

/** The lab's internet: a bridge in a namespace of its own, where no packet meets the rules of docker, ufw and others. */
export const INTERNET = `${PREFIX}-internet`;
const BRIDGE = 'internet';
/** The machine's leg in it. */
export const MACHINE_LINK = `${PREFIX}inet`;
/** Where a router takes what comes by a service endpoint; Azure's own address for DNS. */
const INNER = '169.254.100.1';
const DNS_ADDRESS = '168.63.129.16';

const ip = (line: string, namespace?: string): Step =>
  namespace === undefined ? { kind: 'ip', line } : { kind: 'ip', in: namespace, line };

/** Every part of a fabric, in the order in which they are made. */
export function piecesOf(plan: LabPlan): readonly Piece[] {
  const length = plan.publicPrefix.slice(plan.publicPrefix.indexOf('/'));
  return [
    internet(plan, length),
    ...plan.networks.flatMap((network) => [
      router(plan, network, length),
      ...network.subnets.map((subnet) => bridge(network, subnet)),
      ...network.publicAddresses.map((one) => publicAddress(plan, network, one.public)),
      ...network.endpoints.map((one) => endpoint(network, one)),
    ]),
    ...plan.peerings.map(peering),
    ...plan.networks.map((network) => rules(plan, network)),
    ...plan.networks.flatMap((network) =>
      network.hosts.flatMap((host) => [hostNamespace(host), hostLink(network, host)]),
    ),
  ];
}

/** What has to be taken away of what there is, and what has to be made, to come from one fabric to another. */
export function difference(before: readonly Piece[], after: readonly Piece[]): readonly Step[] {
  const [old, wanted] = [new Set(before.map(({ key }) => key)), new Set(after.map(({ key }) => key))];
  return [
    ...before
      .filter(({ key }) => !wanted.has(key))
      .toReversed()
      .flatMap(({ down }) => down),
    ...after.filter(({ key }) => !old.has(key)).flatMap(({ up }) => up),
  ];
}

/**
 * The bridge with the registries' address, and the machine's leg. On the machine, addresses of the lab are routed one by
 * one: a whole prefix could hide a network that it uses (facts/lab.md §0).
 */
function internet({ gateway, registry, machine }: LabPlan, length: string): Piece {
  const inside = (line: string): Step => ip(line, INTERNET);
  const leg = [
    ip(`link add ${MACHINE_LINK} type veth peer name machine netns ${INTERNET}`),
    inside(`link set machine master ${BRIDGE} up`),
    ip(`addr add ${gateway}/32 dev ${MACHINE_LINK}`),
    ip(`link set ${MACHINE_LINK} up`),
    toLab(registry, gateway),
  ];
  return {
    key: `internet ${gateway} ${registry}${length} ${machine}`,
    up: [
      ip(`netns add ${INTERNET}`),
      inside('link set lo up'),
      inside(`link add ${BRIDGE} type bridge`),
      inside(`addr add ${registry}${length} dev ${BRIDGE}`),
      inside(`link set ${BRIDGE} up`),
      ...(machine ? leg : []),
    ],
    down: [...(machine ? [ip(`link del ${MACHINE_LINK}`)] : []), ip(`netns del ${INTERNET}`)],
  };
}

/** The machine's way to one address of the lab. */
function toLab(address: string, gateway: string): Step {
  return ip(`route add ${address}/32 dev ${MACHINE_LINK} src ${gateway}`);
}

/** What routes the machine to an address of the lab, and what ends that. */
function routed({ machine, gateway }: LabPlan, address: string): { readonly up: Step[]; readonly down: Step[] } {
  if (!machine) return { up: [], down: [] };
  return { up: [toLab(address, gateway)], down: [ip(`route del ${address}/32 dev ${MACHINE_LINK}`)] };
}

function router(plan: LabPlan, { namespace, link, egress }: NetworkPlan, length: string): Piece {
  const out = egress === undefined ? [] : [ip(`addr add ${egress}${length} dev wan`, namespace)];
  const way = egress === undefined ? { up: [], down: [] } : routed(plan, egress);
  return {
    key: `router ${namespace} ${egress}${length}`,
    up: [
      ip(`netns add ${namespace}`),
      ip(`link add ${link} type veth peer name wan netns ${namespace}`, INTERNET),
      ip(`link set ${link} master ${BRIDGE} up`, INTERNET),
      ip('link set lo up', namespace),
      ...out,
      ip('link set wan up', namespace),
      ip(`addr add ${INNER}/32 dev lo`, namespace),
      ip(`addr add ${DNS_ADDRESS}/32 dev lo`, namespace),
      ip(`addr add ${METADATA}/32 dev lo`, namespace),
      ip(`addr add ${OUTSIDE}/32 dev lo`, namespace),
      { kind: 'run', in: namespace, argv: ['sysctl', '-qw', 'net.ipv4.ip_forward=1'] },
      ...way.up,
    ],
    down: [...way.down, ip(`link del ${link}`, INTERNET), ip(`netns del ${namespace}`)],
  };
}

function bridge({ namespace }: NetworkPlan, { bridge: name, gateways }: NetworkPlan['subnets'][number]): Piece {
  return {
    key: `bridge ${namespace} ${name} ${gateways.join()}`,
    up: [
      ip(`link add ${name} type bridge`, namespace),
      ...gateways.map((gateway) => ip(`addr add ${gateway} dev ${name}`, namespace)),
      ip(`link set ${name} up`, namespace),
    ],
    down: [ip(`link del ${name}`, namespace)],
  };
}

function publicAddress(plan: LabPlan, { namespace }: NetworkPlan, address: string): Piece {
  const { up, down } = routed(plan, address);
  return {
    key: `public ${namespace} ${address}`,
    up: [ip(`addr add ${address}/32 dev wan`, namespace), ...up],
    down: [...down, ip(`addr del ${address}/32 dev wan`, namespace)],
  };
}

function endpoint({ namespace }: NetworkPlan, one: NetworkPlan['endpoints'][number]): Piece {
  return {
    key: `endpoint ${namespace} ${one.address} ${one.bridge}`,
    up: [ip(`addr add ${one.address}/32 dev ${one.bridge}`, namespace)],
    down: [ip(`addr del ${one.address}/32 dev ${one.bridge}`, namespace)],
  };
}

/** A link between two routers; each finds the other by an address that is good on that link alone. */
function peering({ ends: [one, other] }: PeeringPlan): Piece {
  const [near, far] = ['169.254.201.1', '169.254.201.2'];
  const end = (
    { namespace, link, beyond }: PeeringPlan['ends'][number],
    own: string,
    next: string,
  ): readonly Step[] => [
    ip(`addr add ${own}/30 dev ${link} noprefixroute`, namespace),
    ip(`link set ${link} up`, namespace),
    ...beyond.map((prefix) => ip(`route add ${prefix} via ${next} dev ${link} onlink`, namespace)),
  ];
  return {
    key: `peering ${JSON.stringify([one, other])}`,
    up: [
      ip(`link add ${one.link} type veth peer name ${other.link} netns ${other.namespace}`, one.namespace),
      ...end(one, near, far),
      ...end(other, far, near),
    ],
    down: [ip(`link del ${one.link}`, one.namespace)],
  };
}

/** Rules are replaced whole, by one transaction of the kernel, and go with their namespace. */
function rules(plan: LabPlan, network: NetworkPlan): Piece {
  const input = packetRules(plan, network);
  return {
    key: `rules ${network.namespace} ${input}`,
    up: [{ kind: 'run', in: network.namespace, argv: ['nft', '-f', '-'], input }],
    down: [],
  };
}

/** The namespace of a host stays when its link is made anew, with all that runs in it. */
function hostNamespace({ namespace }: HostPlan): Piece {
  return {
    key: `host ${namespace}`,
    up: [
      { kind: 'namespace', name: namespace },
      ip('link set lo up', namespace),
      { kind: 'resolver', in: namespace, server: DNS_ADDRESS },
    ],
    down: [
      { kind: 'end-processes', in: namespace },
      { kind: 'resolver', in: namespace, server: undefined },
      ip(`netns del ${namespace}`),
    ],
  };
}

function hostLink({ namespace: routerNamespace }: NetworkPlan, host: HostPlan): Piece {
  const { namespace, link, bridge: name, address, mac, gateway } = host;
  return {
    key: `link ${namespace} ${link} ${name} ${address} ${mac} ${gateway} ${routerNamespace}`,
    up: [
      ip(`link add ${link} type veth peer name eth0 address ${mac} netns ${namespace}`, routerNamespace),
      ip(`link set ${link} master ${name} up`, routerNamespace),
      ip(`addr add ${address} dev eth0`, namespace),
      ip('link set eth0 up', namespace),
      ip(`route add default via ${gateway}`, namespace),
    ],
    down: [ip(`link del ${link}`, routerNamespace)],
  };
}
