import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server } from 'node:net';
import { resolve } from 'node:path';
import { interfaceUser } from '../arm/provider/microsoft.network/interface/user.ts';
import { ipConfigurations } from '../arm/provider/microsoft.network/subnet-user.ts';
import { keyOfId } from '../azure/resource-id.ts';
import type { Config } from '../config/config.ts';
import { SETTINGS } from '../config/setting.ts';
import type { AttachedSocket } from '../connection/listener.ts';
import { serveTcp, serveUdp } from '../lab/dns.ts';
import { startFabric } from '../lab/fabric.ts';
import { whyNoUserNamespace } from '../lab/user-namespace.ts';
import type { MachineCommand, MachineCommandEnd, MachinePlan, MachineSettings, MachineState } from '../lab/machine.ts';
import type { Purpose } from '../lab/message.ts';
import { type Host, labAddresses, type LabPlan, labPlan } from '../lab/plan.ts';
import { INTERNET } from '../network/facts.ts';
import { compileTopology, type Topology } from '../network/topology.ts';
import type { StateView } from '../state/port.ts';
import { machinesFolder } from './data-dir.ts';
import { securityGroupsOf } from './lab-security.ts';
import type { InnerServices } from './lab-inner.ts';
import { kindHosts } from './lab-kinds.ts';
import { resolverOf } from './lab-names.ts';
import { type HostsKeeper, hostsPath, OWN_KEEPER } from './keep-names.ts';
import { type ReadyLab, StartRefusedError } from './ready.ts';

/** The lab, where there is one. */
export interface Lab extends AsyncDisposable {
  /** The configuration, with the lab's addresses and names in place of those that nobody chose. */
  readonly config: Config;
  readonly ready: ReadyLab;
  /** What has to come before a command that is to run where the lab is. */
  readonly enter: readonly string[];
  /** A socket at the lab's address for one of the two listeners, where that is where it listens. */
  opened(name: 'registry' | 'control'): Promise<Server | undefined>;
  /** Who keeps the machine's hosts file. */
  readonly keeper: HostsKeeper;
  /** The plan that is in force; `undefined` without a lab. */
  readonly plan: () => LabPlan | undefined;
  /** Is told why, where the lab is lost while the server runs: whoever makes its networks is gone. */
  onLost(listener: (why: string) => void): void;
  /** Sends packets the way the networks of a view are. */
  apply(view: StateView, topology: Topology): Promise<void>;
  /** The machines on its hosts. */
  readonly machines: LabMachines;
  /** From now on hands over the sockets of routers; those before are handed over at once. */
  serve(given: LabServing): Promise<void>;
}

/** What there is to know of machines: where the lab's network is another, and how one is found. */
export type MachineEvent =
  | { readonly kind: 'planned' }
  /** `undefined`: nothing of it is left. */
  | { readonly kind: 'found'; readonly uid: string; readonly state: MachineState | undefined }
  /** Whoever kept them is gone. */
  | { readonly kind: 'ended' };

/** The machines of the lab. */
export interface LabMachines {
  /** From now on these, and no others; resolves when that is known. */
  want(plans: readonly MachinePlan[]): Promise<void>;
  execute(uid: string, command: MachineCommand): Promise<MachineCommandEnd>;
  /** Tells of every event from now on; the function it answers ends that. */
  listen(listener: (event: MachineEvent) => void): () => void;
}

/** What the lab's sockets are served with. */
export interface LabServing {
  readonly attach: (socket: AttachedSocket) => () => void;
  readonly view: () => StateView;
  readonly inner: InnerServices;
}

const LOST =
  "the lab's supervisor ended, and hosts with it: packets go as they did, and no change of networks or hosts is carried out. Restart the server; the next start makes the lab anew";

/** The suffix of names that the lab serves, where nobody chose one. */
const SUFFIX = 'azurecr.test';
const HTTPS = 443;

/** Starts the lab where the configuration asks for it. Throws {@link StartRefusedError} with why it cannot. */
export async function openLab(config: Config): Promise<Lab> {
  if (config.lab === 'off') return noLab(config, { kind: 'off' });
  const rootless = process.getuid?.() !== 0;
  const refused = rootless ? await whyNoUserNamespace() : undefined;
  if (rootless && config.lab === 'auto') return noLab(config, { kind: 'none', why: withoutRoot(refused) });
  if (refused !== undefined) throw new StartRefusedError(`the lab cannot be made: ${withoutRoot(refused)}`);
  const chosen = rootless ? withinNamespace(config) : withAddresses(config);
  const held: Handed[] = [];
  let take = (one: Handed): void => void held.push(one);
  const { publicPrefix } = chosen;
  const machine = !rootless;
  const listeners = new Set<(event: MachineEvent) => void>();
  const tell = (event: MachineEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const lost = new Set<(why: string) => void>();
  let isClosing = false;
  const started = await startFabric({
    publicPrefix,
    hostsFile: hostsPath(chosen),
    rootless,
    machines: machineSettings(chosen),
    take: (network, purpose, socket) => take({ network, purpose, socket }),
    found: (uid, state) => tell({ kind: 'found', uid, state }),
    ended: () => {
      tell({ kind: 'ended' });
      if (!isClosing) for (const listener of lost) listener(LOST);
    },
  });
  if (started.kind === 'refused' && config.lab === 'auto') return noLab(config, { kind: 'none', why: started.why });
  if (started.kind === 'refused') throw new StartRefusedError(`the lab cannot be made: ${started.why}`);
  const { fabric } = started;
  // The registry's own address, which has to be there before anything listens on it.
  const port = chosen.publicPort ?? chosen.registry.port;
  await fabric.apply(labPlan(compileTopology([], []), [], { publicPrefix, machine }), port);
  const own = labAddresses(publicPrefix).registry;
  const attached = new Map<string, () => void>();
  let plan: LabPlan | undefined;
  const named: Named = new Map();
  return {
    config: chosen,
    ready: { kind: 'made', rootless },
    enter: fabric.enter,
    opened: async (name) => (chosen[name].host === own ? fabric.listen(chosen[name].port) : undefined),
    keeper: {
      keep: (_, block) => fabric.keepHosts(block),
      remove: () => fabric.keepHosts(undefined),
    },
    plan: () => plan,
    onLost: (listener) => void lost.add(listener),
    async apply(view, topology) {
      const hosts = hostsOf(view, named);
      const kinds = kindHosts(view, new Set(hosts.map(({ name }) => name)));
      plan = labPlan(topology, [...hosts, ...kinds], { publicPrefix, machine });
      closeGone(topology, attached);
      const applied = fabric.apply(plan, port);
      // The supervisor does one thing after another: machines come after the network that they are told of after.
      tell({ kind: 'planned' });
      await applied;
    },
    machines: {
      want: (plans) => fabric.machines(plans),
      execute: (uid, command) => fabric.execute(uid, command),
      listen(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    async serve(given) {
      take = (one) => begin(one, { ...given, config: chosen, attached });
      for (const one of held.splice(0)) take(one);
      // Where the listener is elsewhere, the lab's own address leads to it, too.
      if (chosen.registry.host !== own) given.attach({ server: await fabric.listen(port), attachment: INTERNET });
    },
    async [Symbol.asyncDispose]() {
      isClosing = true;
      for (const stop of attached.values()) stop();
      await fabric[Symbol.asyncDispose]();
    },
  };
}

function noLab(config: Config, ready: ReadyLab): Lab {
  return {
    config,
    ready,
    enter: [],
    opened: async () => undefined,
    keeper: OWN_KEEPER,
    plan: () => undefined,
    onLost: () => undefined,
    apply: async () => undefined,
    serve: async () => undefined,
    machines: {
      want: async () => undefined,
      execute: async () => ({ kind: 'refused', why: 'this server runs no host for it' }),
      listen: () => () => undefined,
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Where machines are kept, and what none of them may see: the data, every key, and what the server is told. */
function machineSettings(config: Config): MachineSettings {
  const { dataDir, configFile, registryTls, controlTls, outboundCa, images, hosts } = config;
  const keys = [registryTls, controlTls].flatMap((one) => (one.kind === 'files' ? [one.keyFile, one.certFile] : []));
  const told = [dataDir, configFile, outboundCa, ...keys].flatMap((path) =>
    path === undefined ? [] : [resolve(path)],
  );
  return { folder: machinesFolder(dataDir), bases: resolve(images), hidden: told, atEnd: hosts };
}

/** One name and one address for each server, valid inside the lab and on this machine. */
function withAddresses(config: Config): Config {
  const { registry: host } = labAddresses(config.publicPrefix);
  const { registry, control, registrySuffix } = config;
  const usual = (one: Config['registry'], of: Config['registry']): boolean =>
    one.host === of.host && one.port === of.port;
  return {
    ...config,
    ...(usual(registry, SETTINGS.registry.defaults.up) ? { registry: { host, port: HTTPS } } : {}),
    ...(usual(control, SETTINGS.control.defaults.up) ? { control: { host, port: control.port } } : {}),
    ...(registrySuffix === SETTINGS.registrySuffix.defaults.up ? { registrySuffix: SUFFIX } : {}),
  };
}

/** What somebody without root is told who did not ask for a lab, or cannot have one. */
function withoutRoot(refused: string | undefined): string {
  if (refused === undefined)
    return 'it needs root: start with sudo, or with --lab on for hosts that only "seawall lab exec" reaches';
  return `it needs root: start with sudo, or without it by --lab off; there is none without root, either: ${refused}`;
}

/** Without root this machine reaches no address of the lab: listeners stay where they are, and names are for hosts alone. */
function withinNamespace(config: Config): Config {
  const usual = config.registrySuffix === SETTINGS.registrySuffix.defaults.up;
  const suffix = usual ? SUFFIX : config.registrySuffix;
  return { ...config, registrySuffix: suffix, publicPort: config.publicPort ?? HTTPS, hostsFile: { kind: 'off' } };
}

/** A socket of a router. */
interface Handed {
  readonly network: string;
  readonly purpose: Purpose;
  readonly socket: Server | DatagramSocket;
}

type Beginning = LabServing & { readonly config: Config; readonly attached: Map<string, () => void> };

/** A network that was made anew hands over new sockets, and those before are closed. */
function begin({ network, purpose, socket }: Handed, { attach, view, inner, config, attached }: Beginning): void {
  const key = `${network} ${purpose}`;
  attached.get(key)?.();
  const resolve = resolverOf(config, network, view);
  switch (purpose) {
    case 'registry':
      // The purpose says of which kind the socket is.
      return void attached.set(
        key,
        attach({ server: socket as Server, attachment: { kind: 'virtual-network', network } }),
      );
    case 'metadata':
    case 'outside-http':
    case 'outside-https':
    case 'packages':
      return void attached.set(key, inner.take(purpose, network, socket as Server));
    case 'dns-udp':
      serveUdp(socket as DatagramSocket, resolve);
      break;
    case 'dns-tcp':
      serveTcp(socket as Server, resolve);
      break;
  }
  attached.set(key, () => void socket.close());
}

/** Sockets of networks that are gone are closed first: a namespace lives on while one listens in it (facts/lab.md §1). */
function closeGone(topology: Topology, attached: Map<string, () => void>): void {
  for (const [key, stop] of attached)
    if (!topology.networks.has(key.slice(0, key.indexOf(' ')))) {
      attached.delete(key);
      stop();
    }
}

/** The name that each network interface had before, by its uid: what runs under a name keeps it when a namesake goes. */
type Named = Map<string, string>;

/** Every network interface that is not a private endpoint's is a host, named like its virtual machine where it has one. */
function hostsOf(view: StateView, named: Named): readonly Host[] {
  const names = new Set(named.values());
  const seen = new Set<string>();
  const hosts = ipConfigurations(view).flatMap(({ id, subnet, address }): readonly Host[] => {
    const key = keyOfId(id.slice(0, id.lastIndexOf('/ipConfigurations/')));
    const nic = view.get(key);
    const user = nic === undefined ? undefined : interfaceUser(view, nic);
    if (nic === undefined || user?.kind === 'private-endpoint') return [];
    const called = user === undefined ? nic.name : user.id.slice(user.id.lastIndexOf('/') + 1);
    const wanted = called.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-');
    // An interface is one link, whatever addresses it has: its first is the host's.
    if (seen.has(key)) return [];
    seen.add(key);
    const name = nameOf(named.get(nic.uid), { wanted, names, uid: nic.uid });
    names.add(name);
    const machine = user === undefined ? undefined : view.get(keyOfId(user.id))?.uid;
    const { macAddress } = nic.properties;
    return [
      {
        name,
        uid: nic.uid,
        ...(machine === undefined ? {} : { machine }),
        mac: typeof macAddress === 'string' ? macAddress : '',
        subnet: keyOfId(subnet),
        address,
        groups: securityGroupsOf(view, [view.get(keyOfId(subnet)), nic]),
      },
    ];
  });
  named.clear();
  for (const { uid, name } of hosts) named.set(uid, name);
  return hosts;
}

/** One that an interface had before stays its own while it is called so. */
function nameOf(
  before: string | undefined,
  { wanted, names, uid }: { readonly wanted: string; readonly names: ReadonlySet<string>; readonly uid: string },
): string {
  const full = `${wanted}-${uid.slice(0, 8)}`;
  if (before === wanted || before === full) return before;
  return names.has(wanted) ? full : wanted;
}
