import { permissionRefusal } from '../arm/engine.ts';
import type { ArmEffect, EffectOutcome } from '../arm/effect.ts';
import type { ArmRoute } from '../arm/resource-type.ts';
import { type ActionOutcome, refused } from '../arm/verb.ts';
import type { ArmError } from '../azure/error.ts';
import type { JsonObject } from '../azure/json.ts';
import { parseResourceId } from '../azure/resource-id.ts';
import type { MachineCommandEnd } from '../lab/machine.ts';
import type { StoredResource } from '../state/port.ts';
import type { Machines } from './machines.ts';

/** How long a command in a node may take, in ms. */
const TIMEOUT_MS = 10 * 60_000;
/** The end of each output that is kept. */
const MOST_BYTES = 65_536;
/** So many results are kept, and as long as the server runs; the oldest go. */
const MOST_RESULTS = 1_000;
const CLUSTER =
  '/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters/{cluster}';
const READ_RESULT = 'Microsoft.ContainerService/managedClusters/commandResults/read';

/** What is needed to run commands in clusters. */
export interface ClusterCommandServices {
  readonly machines: Pick<Machines, 'observed' | 'execute'>;
  readonly now: () => number;
  readonly newUuid: () => string;
}

/** Commands in the nodes of clusters, and where their results are asked for. */
export interface ClusterCommands {
  readonly effect: ArmEffect;
  readonly route: ArmRoute;
}

interface Command {
  readonly id: string;
  /** The uid of the cluster: a namesake made again has no results. */
  readonly cluster: string;
  readonly startedMs: number;
  ended: { readonly atMs: number; readonly end: MachineCommandEnd } | undefined;
}

/**
 * `runCommand` of a cluster, as `az aks command invoke` sends it: it is run by a shell in the node, where there is no
 * Kubernetes. It is answered 202 with the `Location` of its result, which is 202 until the command is over
 * (learn.microsoft.com/rest/api/aks/managed-clusters/get-command-result).
 */
export function clusterCommands(services: ClusterCommandServices): ClusterCommands {
  const commands = new Map<string, Command>();
  return {
    effect: {
      type: 'Microsoft.ContainerService/managedClusters',
      name: 'runCommand',
      method: 'POST',
      run: async ({ resource, body, apiVersion }) => {
        const line = lineOf(body);
        if (line.kind === 'refused') return line;
        if (services.machines.observed(resource.uid)?.kind !== 'running')
          return invalid(
            'OperationNotAllowed',
            undefined,
            `There is no host for a command in cluster ${resource.name}.`,
          );
        const { id } = begin(services, commands, resource, line.command);
        return { kind: 'accepted', result: resultPath(resource.id, id, apiVersion) };
      },
    },
    route: {
      method: 'GET',
      path: `${CLUSTER}/commandResults/{command}`,
      // It is asked at the cluster, as running a command is.
      permission: undefined,
      run: (context, { parameters: { subscription = '', group = '', cluster = '', command: id = '' }, apiVersion }) => {
        const named = parseResourceId(
          `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.ContainerService/managedClusters/${cluster}`,
        );
        const forbidden = named === undefined ? undefined : permissionRefusal(context, READ_RESULT, named);
        if (forbidden !== undefined) return refused(forbidden);
        const resource = named === undefined ? undefined : context.view.get(named.key);
        const command = commands.get(id);
        if (resource === undefined || command?.cluster !== resource.uid)
          return refused({
            code: 'ResourceNotFound',
            message: `There is no result of a command '${id}' of cluster ${cluster}.`,
          });
        return resultOf(command, `${context.origin}${resultPath(resource.id, id, apiVersion)}`);
      },
    },
  };
}

/** Clients take the id from the `Location` by `commandResults/` and letters and digits alone. */
function begin(
  { machines, now, newUuid }: ClusterCommandServices,
  commands: Map<string, Command>,
  { uid }: StoredResource,
  line: string,
): Command {
  const command: Command = { id: newUuid().replaceAll('-', ''), cluster: uid, startedMs: now(), ended: undefined };
  commands.set(command.id, command);
  for (const oldest of commands.keys()) {
    if (commands.size <= MOST_RESULTS) break;
    commands.delete(oldest);
  }
  const argv = ['/bin/bash', '-c', line] as const;
  machines.execute(uid, { argv, input: '', timeoutMs: TIMEOUT_MS, mostBytes: MOST_BYTES }).then(
    (end) => (command.ended = { atMs: now(), end }),
    (error: unknown) => (command.ended = { atMs: now(), end: { kind: 'refused', why: String(error) } }),
  );
  return command;
}

function lineOf({ command, context }: JsonObject): { readonly kind: 'line'; readonly command: string } | Refusal {
  if (typeof command !== 'string' || command === '')
    return invalid('InvalidParameter', 'command', "'command' must be a line for a shell.");
  if (typeof context === 'string' && context !== '')
    return invalid('InvalidParameter', 'context', "Files beside the command ('context') are not taken here.");
  return { kind: 'line', command };
}

function resultPath(cluster: string, id: string, apiVersion: string): string {
  return `${cluster}/commandResults/${id}?api-version=${encodeURIComponent(apiVersion)}`;
}

function resultOf({ id, startedMs, ended }: Command, location: string): ActionOutcome {
  const startedAt = new Date(startedMs).toISOString();
  if (ended === undefined)
    return { kind: 'running', location, body: { id, properties: { provisioningState: 'Running', startedAt } } };
  const finishedAt = new Date(ended.atMs).toISOString();
  return { kind: 'answered', body: { id, properties: { ...outcomeOf(ended.end), startedAt, finishedAt } } };
}

function outcomeOf(end: MachineCommandEnd): JsonObject {
  if (end.kind === 'refused') return { provisioningState: 'Failed', reason: end.why };
  const { code, timedOut, stdout, stderr } = end;
  return {
    provisioningState: timedOut ? 'Failed' : 'Succeeded',
    exitCode: code ?? 137,
    logs: `${stdout}${stderr}`,
    ...(timedOut ? { reason: `it took longer than ${TIMEOUT_MS / 1000} s` } : {}),
  };
}

type Refusal = Extract<EffectOutcome, { kind: 'refused' }>;

function invalid(code: ArmError['code'], target: string | undefined, message: string): Refusal {
  return { kind: 'refused', error: { code, message, ...(target === undefined ? {} : { target }) } };
}
