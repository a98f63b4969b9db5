import type { LabPlan } from './plan.ts';

/** What the server asks of the supervisor: nothing but whole plans. */
export type Request =
  | { readonly kind: 'apply'; readonly id: number; readonly plan: LabPlan; readonly port: number }
  | { readonly kind: 'end'; readonly id: number };

/** What a listening socket that is handed over is for. */
export type Purpose = 'registry' | 'dns-udp' | 'dns-tcp' | InnerPurpose;

/** Services of the lab on a router's inner addresses: instance metadata, what stands in for the outside, and packages. */
export type InnerPurpose = 'metadata' | 'outside-http' | 'outside-https' | 'packages';

/** What the supervisor answers. A `socket` comes with the socket itself. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly why: string }
  | { readonly kind: 'socket'; readonly network: string; readonly purpose: Purpose };
