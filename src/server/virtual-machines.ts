import { imageNamed } from '../arm/provider/microsoft.compute/image.ts';
import { SIZES } from '../arm/provider/microsoft.compute/size.ts';
import { bootOf, desiredPower } from '../arm/provider/microsoft.compute/virtual-machine/instance-view.ts';
import { type JsonObject, listOf, objectOf } from '../azure/json.ts';
import type { MachineFile, MachineLimits } from '../lab/machine.ts';
import type { BaseRoot, BaseRoots } from './base-images.ts';
import type { MachineSource } from './machines.ts';

/** What virtual machines are made of. */
export interface VirtualMachineParts {
  readonly roots: BaseRoots;
  /** What each finds in it. */
  readonly files: readonly MachineFile[];
}

/** The machines of `az vm create`: each on the host of its first network interface. */
export function virtualMachines({ roots, files }: VirtualMachineParts): MachineSource {
  // Looked for once for each: what it was first laid over is what it is laid over.
  const chosen = new Map<string, Promise<BaseRoot>>();
  return {
    type: 'microsoft.compute/virtualmachines',
    async plan(machine, host) {
      const { uid, properties } = machine;
      const os = objectOf(properties['osProfile']);
      const alias = aliasOf(objectOf(objectOf(properties['storageProfile'])['imageReference']));
      const looked = chosen.get(uid) ?? roots.forMachine(alias);
      chosen.set(uid, looked);
      const base = await looked;
      if (base.kind === 'none') return { kind: 'impossible', uid, why: base.why };
      const plan = {
        uid,
        name: host.name,
        namespace: host.namespace,
        hostname: text(os['computerName']),
        base: base.root,
        main: { kind: 'ssh', admin: text(os['adminUsername']), keys: keysOf(os) },
        power: desiredPower(machine) === 'running' ? 'running' : 'stopped',
        boot: bootOf(machine),
        files,
        limits: limitsOf(objectOf(properties['hardwareProfile'])),
      } as const;
      return { kind: 'plan', plan };
    },
  };
}

function aliasOf({ publisher, offer, sku }: JsonObject): string {
  return imageNamed(text(publisher), text(offer), text(sku))?.alias ?? '';
}

function keysOf({ linuxConfiguration }: JsonObject): readonly string[] {
  const { publicKeys } = objectOf(objectOf(linuxConfiguration)['ssh']);
  return listOf(publicKeys).map((one) => text(objectOf(one)['keyData']).trim());
}

const MIB = 1024 ** 2;
/** Enough for docker with its containers, and an end to what multiplies by itself. */
const PIDS = 8192;

function limitsOf({ vmSize }: JsonObject): MachineLimits {
  const size = SIZES.find(({ name }) => name.toLowerCase() === text(vmSize).toLowerCase());
  return { memoryBytes: (size?.memoryMb ?? 1024) * MIB, cpus: size?.cores ?? 1, pids: PIDS };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
