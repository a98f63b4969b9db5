import type { HostsBlock } from './hosts-file.ts';
import type { MachineCommand, MachineCommandEnd, MachinePlan, MachineSettings, MachineState } from './machine.ts';
import type { LabPlan } from './plan.ts';

/** What the supervisor is started with, as JSON in its first argument, while the server is still root. */
export interface SupervisorSettings {
  readonly publicPrefix: string;
  /** The hosts file that it keeps; `null` for none. */
  readonly hostsFile: string | null;
  /** `null` where no machines can be: without root. */
  readonly machines: MachineSettings | null;
}

/** What the server asks of the supervisor: whole plans, sockets, commands inside machines, and its names in the machine's hosts file. */
export type Request =
  | { readonly kind: 'apply'; readonly id: number; readonly plan: LabPlan; readonly port: number }
  /** A socket at the registries' address, on this port. */
  | { readonly kind: 'listen'; readonly id: number; readonly port: number }
  /** Without a block, the one of this process is taken out. */
  | { readonly kind: 'hosts'; readonly id: number; readonly pid: number; readonly block?: HostsBlock }
  /** All the machines that are to be; done when it is known, and not when they are. */
  | { readonly kind: 'machines'; readonly id: number; readonly machines: readonly MachinePlan[] }
  | { readonly kind: 'execute'; readonly id: number; readonly uid: string; readonly command: MachineCommand }
  | { readonly kind: 'end'; readonly id: number };

/** What a listening socket of a router that is handed over is for. */
export type Purpose = 'registry' | 'dns-udp' | 'dns-tcp' | InnerPurpose;

/** Services of the lab on a router's inner addresses: instance metadata, what stands in for the outside, and packages. */
export type InnerPurpose = 'metadata' | 'outside-http' | 'outside-https' | 'packages';

/** What the supervisor answers. A `socket` and a `listening` come with the socket itself. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'done'; readonly id: number; readonly value?: string }
  | { readonly kind: 'failed'; readonly id: number; readonly why: string }
  | { readonly kind: 'listening'; readonly id: number }
  | { readonly kind: 'executed'; readonly id: number; readonly end: MachineCommandEnd }
  /** How a machine is found from now on; `undefined`: nothing is left of it. */
  | { readonly kind: 'machine'; readonly uid: string; readonly state: MachineState | undefined }
  | { readonly kind: 'socket'; readonly network: string; readonly purpose: Purpose };
