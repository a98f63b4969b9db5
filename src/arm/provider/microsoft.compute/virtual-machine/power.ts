import type { JsonObject } from '../../../../azure/json.ts';
import type { Change, StoredResource } from '../../../../state/port.ts';
import type { Hosts } from '../../../hosts.ts';
import { beginOperation } from '../../../operation.ts';
import type { ResourceAction } from '../../../resource-type.ts';
import { type ActionOutcome, refused, type VerbContext } from '../../../verb.ts';
import { hostOperation } from './host-operation.ts';
import { bootOf, type DesiredPower, desiredPower, NO_HOST } from './instance-view.ts';

/** What is done to machines. What needs a host is refused where there is none, and what is not built always. */
export const POWER_ACTIONS: readonly ResourceAction[] = [
  start('start', (machine, hosts) => isUp(machine, hosts)),
  // Azure moves a machine to another computer; here it is started anew on the one there is.
  start('restart', () => false),
  start('redeploy', () => false),
  start('reapply', (machine, hosts) => isUp(machine, hosts)),
  switchTo('powerOff', 'stopped'),
  switchTo('deallocate', 'deallocated'),
  ...['reimage', 'generalize', 'capture'].map(notBuilt),
];

/** Starts a machine, unless `stays` says that it is to go on as it is. */
function start(name: string, stays: (machine: StoredResource, hosts: Hosts) => boolean): ResourceAction {
  return {
    name,
    method: 'POST',
    run: (context, { resource }) => {
      const { hosts } = context.settings;
      if (hosts.kind !== 'run') return impossible(name, resource, NO_HOST);
      if (stays(resource, hosts)) return DONE;
      if (name === 'restart' && desiredPower(resource) !== 'running')
        return impossible(name, resource, `It is ${desiredPower(resource)}: start it with az vm start.`);
      return changed(context, resource, { desiredPower: 'running', boot: bootOf(resource) + 1 });
    },
  };
}

const DONE: ActionOutcome = { kind: 'answered', body: {} };

function isUp(machine: StoredResource, hosts: Hosts): boolean {
  if (hosts.kind !== 'run' || desiredPower(machine) !== 'running') return false;
  const found = hosts.observed(machine.uid)?.kind;
  return found === 'running' || found === 'starting';
}

function switchTo(name: string, power: DesiredPower): ResourceAction {
  return {
    name,
    method: 'POST',
    run: (context, { resource }) => changed(context, resource, { desiredPower: power }),
  };
}

function notBuilt(name: string): ResourceAction {
  return { name, method: 'POST', run: (_, { resource }) => impossible(name, resource, 'It is not built here.') };
}

function impossible(name: string, { name: machine }: StoredResource, why: string): ActionOutcome {
  return refused({ code: 'OperationNotAllowed', message: `'${name}' of VM ${machine} is not possible. ${why}` });
}

/** Changes what a machine is to be; where there are hosts it is over when the host is so. */
function changed(context: VerbContext, machine: StoredResource, more: JsonObject): ActionOutcome {
  const { nowMs, caller, newUuid, settings } = context;
  const state = settings.hosts.kind === 'run' ? { provisioningState: 'Updating' } : {};
  const resource = {
    ...machine,
    properties: { ...machine.properties, ...more, ...state },
    etag: `"${newUuid()}"`,
    changedMs: nowMs,
    changedBy: caller,
  };
  const put: Change = { kind: 'put', resource };
  if (settings.hosts.kind !== 'run') return { kind: 'answered', body: {}, changes: [put] };
  const { id, changes } = beginOperation(context, resource, hostOperation(false));
  return { kind: 'begun', operation: id, changes: [put, ...changes] };
}
