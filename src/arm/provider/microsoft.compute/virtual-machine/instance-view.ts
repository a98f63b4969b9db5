import { type JsonObject, objectOf } from '../../../../azure/json.ts';
import type { StoredResource } from '../../../../state/port.ts';
import type { Hosts, ObservedHost } from '../../../hosts.ts';

/** What people asked a machine to be. */
export type DesiredPower = 'running' | 'stopped' | 'deallocated';

/** What people asked this machine to be. */
export function desiredPower({ properties: { desiredPower: kept } }: StoredResource): DesiredPower {
  return kept === 'stopped' || kept === 'deallocated' ? kept : 'running';
}

/** How often a machine was started: another number is another start. */
export function bootOf({ properties: { boot } }: StoredResource): number {
  return typeof boot === 'number' ? boot : 0;
}

/** Said of every machine that should run where no hosts do. */
export const NO_HOST = 'This server keeps the virtual machine as a resource and runs no host for it.';

interface Status {
  readonly code: string;
  readonly level: 'Info' | 'Warning' | 'Error';
  readonly displayStatus: string;
  readonly message?: string;
}

/** How a machine is found. What no host stands behind is never said to run (docs/adr/0012). */
export function instanceView(machine: StoredResource, hosts: Hosts): JsonObject {
  const time = new Date(machine.changedMs).toISOString();
  const power = powerOf(machine, hosts);
  const isUp = power.code === 'PowerState/running';
  const provisioning = provisioningState(machine).toLowerCase();
  return {
    computerName: nameOf(machine),
    osName: isUp ? 'linux' : '',
    osVersion: '',
    hyperVGeneration: 'V2',
    disks: [],
    statuses: [
      { code: `ProvisioningState/${provisioning}`, level: 'Info', displayStatus: `Provisioning ${provisioning}`, time },
      { ...power },
    ],
  };
}

/** How far the machine is from what was asked for last. */
export function provisioningState({ properties: { provisioningState: kept } }: StoredResource): string {
  return typeof kept === 'string' ? kept : 'Succeeded';
}

function powerOf(machine: StoredResource, hosts: Hosts): Status {
  const desired = desiredPower(machine);
  if (hosts.kind !== 'run')
    return desired === 'running' ? unknown('VM not running', NO_HOST) : status(desired, `VM ${desired}`);
  return observedPower(desired, hosts.observed(machine.uid));
}

function observedPower(desired: DesiredPower, host: ObservedHost | undefined): Status {
  switch (host?.kind) {
    case undefined:
      return unknown('VM state unknown', 'Nothing is known of the host yet.');
    case 'starting':
      return status('starting', 'VM starting');
    case 'running':
      return desired === 'running' ? status('running', 'VM running') : status('stopping', 'VM stopping');
    case 'stopped':
      return desired === 'deallocated' ? status('deallocated', 'VM deallocated') : status('stopped', 'VM stopped');
    case 'failed':
      return { ...status('stopped', 'VM stopped'), level: 'Error', message: host?.why ?? '' };
  }
}

function status(word: string, displayStatus: string): Status {
  return { code: `PowerState/${word}`, level: 'Info', displayStatus };
}

function unknown(displayStatus: string, message: string): Status {
  return { code: 'PowerState/unknown', level: 'Warning', displayStatus, message };
}

function nameOf({ properties, name }: StoredResource): string {
  const { computerName } = objectOf(properties['osProfile']);
  return typeof computerName === 'string' ? computerName : name;
}
