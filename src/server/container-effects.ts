import type { ArmEffect, EffectOutcome } from '../arm/effect.ts';
import type { ArmError } from '../azure/error.ts';
import { keyOfId } from '../azure/resource-id.ts';
import type { StateReader, StoredResource } from '../state/port.ts';
import { logOf } from './container-script.ts';
import type { Machines } from './machines.ts';

/** Azure keeps the last 4 MiB of what a container prints. */
const MOST_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 10 * 60_000;

/** What a container printed. */
export function containerEffects(state: StateReader, machines: Machines): readonly ArmEffect[] {
  return [
    {
      type: 'Microsoft.ContainerInstance/containerGroups/containers',
      name: 'logs',
      method: 'GET',
      permission: 'Microsoft.ContainerInstance/containerGroups/containers/logs/read',
      run: ({ resource, query }) => logs({ state, machines }, resource, query),
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

function notThere(what: string, why: string): EffectOutcome {
  return { kind: 'refused', error: { code: 'OperationNotAllowed', message: `There is no host for ${what}: ${why}` } };
}

function invalid(target: string, message: string): EffectOutcome {
  const error: ArmError = { code: 'InvalidParameter', target, message };
  return { kind: 'refused', error };
}
