import type { HostsBlock } from './hosts-file.ts';
import type { LabPlan } from './plan.ts';

/** What the server asks of the supervisor: whole plans, sockets, and its names in the machine's hosts file. */
export type Request =
  | { readonly kind: 'apply'; readonly id: number; readonly plan: LabPlan; readonly port: number }
  /** A socket at the registries' address, on this port. */
  | { readonly kind: 'listen'; readonly id: number; readonly port: number }
  /** Without a block, the one of this process is taken out. */
  | { readonly kind: 'hosts'; readonly id: number; readonly pid: number; readonly block?: HostsBlock }
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
  | { readonly kind: 'socket'; readonly network: string; readonly purpose: Purpose };
