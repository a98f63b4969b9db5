import type { StoredResource } from '../../../../state/port.ts';
import type { ResourceAction } from '../../../resource-type.ts';
import { refused, type VerbContext } from '../../../verb.ts';
import { type DesiredPower, NO_HOST } from './instance-view.ts';

/** What is done to machines. What needs a host is refused for as long as there are none. */
export const POWER_ACTIONS: readonly ResourceAction[] = [
  ...['start', 'restart', 'redeploy', 'reimage', 'runCommand', 'generalize', 'capture'].map(needsHost),
  switchTo('powerOff', 'stopped'),
  switchTo('deallocate', 'deallocated'),
];

function needsHost(name: string): ResourceAction {
  return {
    name,
    method: 'POST',
    run: (_, { resource }) =>
      refused({ code: 'OperationNotAllowed', message: `'${name}' of VM ${resource.name} is not possible. ${NO_HOST}` }),
  };
}

function switchTo(name: string, power: DesiredPower): ResourceAction {
  return {
    name,
    method: 'POST',
    run: (context, { resource }) => ({
      kind: 'answered',
      body: {},
      changes: [{ kind: 'put', resource: withPower(context, resource, power) }],
    }),
  };
}

function withPower(
  { nowMs, caller, newUuid }: VerbContext,
  machine: StoredResource,
  power: DesiredPower,
): StoredResource {
  return {
    ...machine,
    properties: { ...machine.properties, desiredPower: power },
    etag: `"${newUuid()}"`,
    changedMs: nowMs,
    changedBy: caller,
  };
}
