import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ArmEffect } from '../arm/effect.ts';
import type { ContainerHosts } from '../arm/container-hosts.ts';
import type { Hosts } from '../arm/hosts.ts';
import type { Executor } from '../arm/operation-runner.ts';
import { CONTAINER_HOST_OPERATION } from '../arm/provider/container-host-operation.ts';
import { HOST_OPERATION } from '../arm/provider/microsoft.compute/virtual-machine/host-operation.ts';
import type { ArmRoute } from '../arm/resource-type.ts';
import { objectOf } from '../azure/json.ts';
import { keyOfId } from '../azure/resource-id.ts';
import type { ListenAddress } from '../config/address.ts';
import type { Config } from '../config/config.ts';
import type { MachineFile, MachineState } from '../lab/machine.ts';
import type { Change, StateReader, StateView, StoredResource } from '../state/port.ts';
import type { BaseRoots } from './base-images.ts';
import type { Lab } from './lab.ts';
import { clusterCommands } from './cluster-commands.ts';
import { containerEffects } from './container-effects.ts';
import { containerExecutor, containerMachines } from './container-machines.ts';
import { type ContainerWatch, watchContainers } from './container-watch.ts';
import { followMachines, type Machines } from './machines.ts';
import { runCommandEffect } from './run-command.ts';
import { virtualMachines } from './virtual-machines.ts';

/** The machines behind resources, as the management API uses them. */
export interface StartedMachines extends Disposable {
  readonly hosts: Hosts;
  readonly containerHosts: ContainerHosts;
  readonly effects: readonly ArmEffect[];
  /** Where the results of commands are asked for. */
  readonly routes: readonly ArmRoute[];
  /** How the machine of a uid is found. */
  observed(uid: string): MachineState | undefined;
  readonly executors: Readonly<Record<string, Executor>>;
  /** Waits until nothing is left of the machines of resources that were removed. */
  gone(removed: readonly StoredResource[], signal: AbortSignal): Promise<void>;
}

/** What they are started with. */
export interface MachineParts {
  readonly state: StateReader;
  readonly lab: Lab;
  readonly config: Config;
  readonly roots: BaseRoots;
  /** PEM file of the CA that machines trust; absent where the operator's certificates are shown. */
  readonly caFile: string | undefined;
  /** What else every machine finds in it. */
  readonly files: readonly MachineFile[];
  readonly now: () => number;
}

/** How long a machine may take to be as it is wanted, in ms. */
const DEADLINE_MS = 60_000;
const NO_LAB =
  'This server listens beyond loopback and has no lab of root: virtual machines are refused, as nothing would stand behind them. Start it with --lab on.';

/** Starts what sees to machines. Without a lab they are kept as resources on loopback, and refused beyond it. */
export async function startMachines(parts: MachineParts): Promise<StartedMachines> {
  const { state, lab, config, roots, caFile, files, now } = parts;
  const seen = [...(await trusted(caFile)), ...files];
  const sources = [virtualMachines({ roots, files: seen }), ...containerMachines({ state, roots, files: seen })];
  // What a rule waits for, a new network waits for too.
  const deadlineMs = DEADLINE_MS + config.propagationDelayMs;
  const machines = followMachines({ state, lab, sources, deadlineMs });
  const watch = watchContainers(state, machines);
  const commands = clusterCommands({ machines, now, newUuid: randomUUID });
  return {
    hosts: hostsOf(lab, config, machines),
    containerHosts: containerHostsOf(lab, watch),
    effects: [runCommandEffect(machines), commands.effect, ...containerEffects(state, machines)],
    routes: [commands.route],
    observed: (uid) => machines.observed(uid),
    executors: {
      [HOST_OPERATION]: hostExecutor(state, machines),
      [CONTAINER_HOST_OPERATION]: containerExecutor(state, machines),
    },
    async gone(removed, signal) {
      const had = removed.filter(({ uid }) => machines.observed(uid) !== undefined);
      await Promise.all(had.map((resource) => machines.settled(resource, signal)));
    },
    [Symbol.dispose]() {
      watch[Symbol.dispose]();
      machines[Symbol.dispose]();
    },
  };
}

function hostsOf({ ready }: Lab, config: Config, machines: Machines): Hosts {
  if (ready.kind === 'made' && !ready.rootless) return { kind: 'run', observed: (uid) => machines.observed(uid) };
  return [config.registry, config.control].every(isLoopback) ? { kind: 'none' } : { kind: 'refused', why: NO_LAB };
}

/** Containers need a host that runs them: as resources alone they would say nothing. */
function containerHostsOf({ ready }: Lab, watch: ContainerWatch): ContainerHosts {
  if (ready.kind === 'made' && !ready.rootless) return { kind: 'run', observed: (uid) => watch.observed(uid) };
  const why =
    'This server has no lab of root, so that nothing would run the containers of clusters and container groups: start it with --lab on.';
  return { kind: 'refused', why };
}

/** Waits for the host of a machine. One that is new goes again when it cannot be, and nothing is left of it. */
function hostExecutor(state: StateReader, machines: Machines): Executor {
  return async ({ resource, input }, signal) => {
    const machine = state.view().get(resource);
    const why = machine === undefined ? undefined : await machines.settled(machine, signal);
    if (machine === undefined || why === undefined) return () => ({ kind: 'succeeded' });
    const message = `The host of VM '${machine.name}' is not as asked for: ${why}`;
    const error = { code: 'VMStartFailed', target: machine.name, message } as const;
    return ({ view }) => {
      const isSame = view.get(resource)?.uid === machine.uid;
      return { kind: 'failed', error, also: input['isNew'] === true && isSame ? takenBack(view, machine) : [] };
    };
  };
}

/** What takes back a machine that was just made: it goes with all below it and the disk that was made for it. */
function takenBack(view: StateView, { key, properties }: StoredResource): readonly Change[] {
  const { osDisk } = objectOf(properties['storageProfile']);
  const { id } = objectOf(objectOf(osDisk)['managedDisk']);
  const keys = [...view.below(key).map((one) => one.key), key, ...(typeof id === 'string' ? [keyOfId(id)] : [])];
  return keys.map((one) => ({ kind: 'remove', key: one }));
}

function isLoopback({ host }: ListenAddress): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

async function trusted(caFile: string | undefined): Promise<readonly MachineFile[]> {
  if (caFile === undefined) return [];
  const content = await readFile(caFile, 'utf8');
  return [{ path: '/usr/local/share/ca-certificates/seawall.crt', mode: 0o644, owner: 'root', content }];
}
