import { type JsonObject, objectOf } from '../../../../azure/json.ts';
import type { StoredResource } from '../../../../state/port.ts';

/** What people asked a machine to be. */
export type DesiredPower = 'running' | 'stopped' | 'deallocated';

function desiredPower({ properties: { desiredPower: kept } }: StoredResource): DesiredPower {
  return kept === 'stopped' || kept === 'deallocated' ? kept : 'running';
}

/** Said of every machine that should run, for as long as this server runs no hosts. */
export const NO_HOST = 'This server keeps the virtual machine as a resource and runs no host for it.';

/** How a machine is. What no host stands behind is never said to run. */
export function instanceView(machine: StoredResource): JsonObject {
  const desired = desiredPower(machine);
  const time = new Date(machine.changedMs).toISOString();
  const power =
    desired === 'running'
      ? { code: 'PowerState/unknown', level: 'Warning', displayStatus: 'VM not running', message: NO_HOST }
      : { code: `PowerState/${desired}`, level: 'Info', displayStatus: `VM ${desired}` };
  return {
    computerName: nameOf(machine),
    osName: '',
    osVersion: '',
    hyperVGeneration: 'V2',
    disks: [],
    statuses: [
      { code: 'ProvisioningState/succeeded', level: 'Info', displayStatus: 'Provisioning succeeded', time },
      power,
    ],
  };
}

function nameOf({ properties, name }: StoredResource): string {
  const { computerName } = objectOf(properties['osProfile']);
  return typeof computerName === 'string' ? computerName : name;
}
