import type { ArmEffect, EffectOutcome } from '../arm/effect.ts';
import type { ArmError } from '../azure/error.ts';
import type { JsonObject } from '../azure/json.ts';
import { keyOfId } from '../azure/resource-id.ts';
import type { MachineCommandEnd } from '../lab/machine.ts';
import type { StateReader, StoredResource } from '../state/port.ts';
import { logOf } from './container-script.ts';
import type { Machines } from './machines.ts';

/** Azure keeps the last 4 MiB of what a container prints. */
const MOST_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 10 * 60_000;

/** What a container printed, and commands in the node of a cluster. */
export function containerEffects(state: StateReader, machines: Machines, now: () => number): readonly ArmEffect[] {
  return [
    {
      type: 'Microsoft.ContainerInstance/containerGroups/containers',
      name: 'logs',
      method: 'GET',
      permission: 'Microsoft.ContainerInstance/containerGroups/containers/logs/read',
      run: ({ resource, query }) => logs({ state, machines }, resource, query),
    },
    {
      type: 'Microsoft.ContainerService/managedClusters',
      name: 'runCommand',
      method: 'POST',
      run: ({ resource, body }) => runCommand(machines, resource, { body, now }),
    },
  ];
}

async function logs(
  { state, machines }: { readonly state: StateReader; readonly machines: Machines },
  { id, name }: StoredResource,
  query: URLSearchParams,
): Promise<EffectOutcome> {
  const tail = query.get('tail') ?? '';
  if (query.get('timestamps')?.toLowerCase() === 'true')
    return invalid('timestamps', "The value 'true' of 'timestamps' is not built here: lines are kept without times.");
  if (!/^\d{0,9}$/.test(tail))
    return invalid('tail', `The value '${tail}' of 'tail' is not allowed: it must be a number of lines.`);
  const group = state.view().get(keyOfId(id.slice(0, id.lastIndexOf('/containers/'))));
  const argv =
    tail === '' ? (['/bin/cat', logOf(name)] as const) : (['/usr/bin/tail', '--lines', tail, logOf(name)] as const);
  const end = await machines.execute(group?.uid ?? '', {
    argv,
    input: '',
    timeoutMs: TIMEOUT_MS,
    mostBytes: MOST_BYTES,
  });
  if (end.kind === 'refused') return notThere(`the logs of container ${name}`, end.why);
  return { kind: 'answered', body: { content: end.code === 0 ? end.stdout : '' } };
}

/** A command as `az aks command invoke` sends it: it is run by a shell in the node, where there is no Kubernetes. */
async function runCommand(
  machines: Machines,
  cluster: StoredResource,
  { body, now }: { readonly body: JsonObject; readonly now: () => number },
): Promise<EffectOutcome> {
  const { command, context } = body;
  if (typeof command !== 'string' || command === '') return invalid('command', "'command' must be a line for a shell.");
  if (typeof context === 'string' && context !== '')
    return invalid('context', "Files beside the command ('context') are not taken here.");
  const startedMs = now();
  const argv = ['/bin/bash', '-c', command] as const;
  const end = await machines.execute(cluster.uid, { argv, input: '', timeoutMs: TIMEOUT_MS, mostBytes: 65_536 });
  if (end.kind === 'refused') return notThere(`a command in cluster ${cluster.name}`, end.why);
  return { kind: 'answered', body: resultOf(end, { startedMs, endedMs: now() }) };
}

function resultOf(
  { code, timedOut, stdout, stderr }: Extract<MachineCommandEnd, { kind: 'ended' }>,
  { startedMs, endedMs }: { readonly startedMs: number; readonly endedMs: number },
): JsonObject {
  const properties = {
    provisioningState: timedOut ? 'Failed' : 'Succeeded',
    exitCode: code ?? 137,
    startedAt: new Date(startedMs).toISOString(),
    finishedAt: new Date(endedMs).toISOString(),
    logs: `${stdout}${stderr}`,
    ...(timedOut ? { reason: `it took longer than ${TIMEOUT_MS / 1000} s` } : {}),
  };
  return { id: String(startedMs), properties };
}

function notThere(what: string, why: string): EffectOutcome {
  return { kind: 'refused', error: { code: 'OperationNotAllowed', message: `There is no host for ${what}: ${why}` } };
}

function invalid(target: string, message: string): EffectOutcome {
  const error: ArmError = { code: 'InvalidParameter', target, message };
  return { kind: 'refused', error };
}
