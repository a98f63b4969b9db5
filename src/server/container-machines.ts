import type { Executor } from '../arm/operation-runner.ts';
import { identitiesOf } from '../arm/managed-identity.ts';
import { CLUSTERS, CONTAINER_GROUPS } from '../arm/platform-host.ts';
import { SIZES } from '../arm/provider/microsoft.compute/size.ts';
import type { ArmError } from '../azure/error.ts';
import { type JsonObject, listOf, objectOf } from '../azure/json.ts';
import { keyOfId, parseResourceId } from '../azure/resource-id.ts';
import type { MachineFile, MachineLimits, MachineMain, MachinePlan } from '../lab/machine.ts';
import type { HostPlan } from '../lab/plan.ts';
import type { StateReader, StoredResource } from '../state/port.ts';
import type { BaseRoot, BaseRoots } from './base-images.ts';
import {
  GROUP_COMMAND,
  type GroupContainer,
  groupFiles,
  NODE_COMMAND,
  PULL_FILE,
  type PullAs,
  type RestartPolicy,
  STATE_FOLDER,
} from './container-script.ts';
import type { Machines, MachineSource } from './machines.ts';

/** What hosts of containers are made of. */
export interface ContainerMachineParts {
  readonly state: StateReader;
  readonly roots: BaseRoots;
  /** What each finds in it. */
  readonly files: readonly MachineFile[];
}

const MIB = 1024 ** 2;
const PIDS = 8192;

/** The machines of clusters and container groups: each runs containerd on its host. */
export function containerMachines({ state, roots, files }: ContainerMachineParts): readonly MachineSource[] {
  // What a host was first laid over is what it is laid over.
  const chosen = new Map<string, Promise<BaseRoot>>();
  const planned = async (
    { uid, properties }: StoredResource,
    host: HostPlan,
    own: Pick<MachinePlan, 'limits'> & { readonly command: readonly [string]; readonly files: readonly MachineFile[] },
  ) => {
    const looked = chosen.get(uid) ?? roots.forContainers();
    const base = await looked;
    if (base.kind === 'none') return { kind: 'impossible', uid, why: base.why } as const;
    chosen.set(uid, looked);
    const main: MachineMain = {
      kind: 'command',
      argv: own.command,
      env: {},
      cwd: '/',
      user: 'root',
      restart: 'always',
    };
    const plan: MachinePlan = {
      uid,
      name: host.name,
      namespace: host.namespace,
      hostname: host.name.slice(0, 63),
      base: base.root,
      main,
      power: 'running',
      boot: typeof properties['boot'] === 'number' ? properties['boot'] : 1,
      files: [...files, ...own.files],
      limits: own.limits,
    };
    return { kind: 'plan', plan } as const;
  };
  return [
    {
      type: CLUSTERS,
      plan: (cluster, host) =>
        planned(cluster, host, { command: NODE_COMMAND, files: [PULL_FILE], limits: nodeLimits(cluster.properties) }),
    },
    {
      type: CONTAINER_GROUPS,
      plan: (group, host) =>
        planned(group, host, {
          command: GROUP_COMMAND,
          files: groupFiles(containersOf(state, group), policyOf(group.properties)),
          limits: groupLimits(group.properties),
        }),
    },
  ];
}

function nodeLimits({ agentPoolProfiles }: JsonObject): MachineLimits {
  const { vmSize } = objectOf(listOf(agentPoolProfiles)[0]);
  const size = SIZES.find(({ name }) => name.toLowerCase() === text(vmSize).toLowerCase());
  return { memoryBytes: (size?.memoryMb ?? 4096) * MIB, cpus: size?.cores ?? 2, pids: PIDS };
}

/** What containers ask for together, and what pulling takes beside them. */
function groupLimits({ containers }: JsonObject): MachineLimits {
  const requests = listOf(containers).map((one) =>
    objectOf(objectOf(objectOf(objectOf(one)['properties'])['resources'])['requests']),
  );
  const sum = (name: string): number =>
    requests.reduce((total, { [name]: value }) => total + (typeof value === 'number' ? value : 0), 0);
  return {
    memoryBytes: Math.round((sum('memoryInGB') * 1024 + 256) * MIB),
    cpus: Math.max(1, Math.ceil(sum('cpu'))),
    pids: PIDS,
  };
}

function policyOf({ restartPolicy }: JsonObject): RestartPolicy {
  return restartPolicy === 'Never' || restartPolicy === 'OnFailure' ? restartPolicy : 'Always';
}

/** The containers of a group, each with what it is pulled by. */
function containersOf(state: Pick<StateReader, 'view'>, group: StoredResource): readonly GroupContainer[] {
  return listOf(group.properties['containers']).map((one) => {
    const { name, properties } = objectOf(one);
    const { image, command, environmentVariables } = objectOf(properties);
    return {
      name: text(name),
      image: fullName(text(image)),
      pullAs: pullAs(state, group, fullName(text(image))),
      command: listOf(command).map(text),
      environment: listOf(environmentVariables)
        .map(objectOf)
        .map((variable) => [text(variable['name']), text(variable['secureValue'] ?? variable['value'])] as const),
    };
  });
}

/** A name without a registry is one of Docker Hub's; one without a tag is `latest` (docker's reference grammar). */
export function fullName(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const named = hasHost ? image : `docker.io/${rest.length === 0 ? 'library/' : ''}${image}`;
  const last = named.slice(named.lastIndexOf('/'));
  return last.includes(':') || last.includes('@') ? named : `${named}:latest`;
}

function pullAs(state: Pick<StateReader, 'view'>, group: StoredResource, image: string): PullAs {
  const server = image.split('/')[0] ?? '';
  const credential = listOf(group.properties['imageRegistryCredentials'])
    .map(objectOf)
    .find((one) => text(one['server']).toLowerCase() === server.toLowerCase());
  const { identity, username, password } = credential ?? {};
  if (typeof username === 'string') return { kind: 'user', username, password: text(password) };
  const held =
    typeof identity === 'string'
      ? identitiesOf(state.view(), group).find(({ id }) => id !== undefined && keyOfId(id) === keyOfId(identity))
      : undefined;
  return held === undefined ? { kind: 'anonymous' } : { kind: 'identity', clientId: held.clientId };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** How long pulling may take, in ms. */
const PULL_MS = 10 * 60_000;
const PULLED = `until [ -e ${STATE_FOLDER}/pulled ]; do
  if [ -e ${STATE_FOLDER}/failed ]; then cat ${STATE_FOLDER}/failed; exit 1; fi
  sleep 0.1
done`;

/** Waits for the host of a cluster or a group, and for the images of a group. What is new goes again when it cannot be. */
export function containerExecutor(state: StateReader, machines: Machines): Executor {
  return async ({ resource, input }, signal) => {
    const owner = state.view().get(resource);
    const error = owner === undefined ? undefined : await failureOf(machines, owner, signal);
    if (owner === undefined || error === undefined) return () => ({ kind: 'succeeded' });
    return (context) => {
      const id = input['isNew'] === true ? parseResourceId(owner.id) : undefined;
      const isSame = context.view.get(resource)?.uid === owner.uid;
      const removal = id === undefined || !isSame ? undefined : context.engine.remove(context, id);
      return { kind: 'failed', error, also: removal?.kind === 'removed' ? removal.changes : [] };
    };
  };
}

async function failureOf(
  machines: Machines,
  owner: StoredResource,
  signal: AbortSignal,
): Promise<ArmError | undefined> {
  const why = await machines.settled(owner, signal);
  if (why !== undefined) return hostFailed(owner, why);
  if (owner.type !== CONTAINER_GROUPS) return undefined;
  const argv = ['/bin/bash', '-c', PULLED] as const;
  const end = await machines.execute(owner.uid, { argv, input: '', timeoutMs: PULL_MS, mostBytes: 4096 });
  if (end.kind === 'refused') return hostFailed(owner, end.why);
  if (end.code === 0) return undefined;
  if (end.timedOut) return hostFailed(owner, `its images were not there after ${PULL_MS / 1000} s`);
  const said = end.stdout.trim();
  const image = said.slice(0, said.indexOf(': '));
  return {
    code: 'InaccessibleImage',
    target: owner.name,
    message: `The image '${image}' in container group '${owner.name}' is not accessible. Please check the image and registry credential. (${said.slice(image.length + 2)})`,
  };
}

function hostFailed({ name }: StoredResource, why: string): ArmError {
  return {
    code: 'ContainerHostStartFailed',
    target: name,
    message: `The host of '${name}' is not as asked for: ${why}`,
  };
}
