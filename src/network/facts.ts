import type { Address } from './address.ts';

/**
 * Which network the socket of a connection belongs to. `internet` is every other listener; `virtual-network` a socket
 * that lies inside one; the rest is what a listed proxy said of its client (facts/lab.md §1, §7). Ids are in lower case.
 */
export type Attachment =
  | { readonly kind: 'internet'; readonly by: 'packet' | 'proxy' }
  | { readonly kind: 'virtual-network'; readonly network: string }
  | { readonly kind: 'subnet'; readonly subnet: string }
  | { readonly kind: 'private-endpoint'; readonly endpoint: string }
  | { readonly kind: 'trusted-service'; readonly service: string };

/** What packets prove of who calls. `undefined` addresses could not be read and belong to nobody. */
export interface NetworkFacts {
  readonly attachment: Attachment;
  readonly remote: Address | undefined;
  readonly local: Address | undefined;
}

/** The attachment of a listener that belongs to no virtual network. */
export const INTERNET: Attachment = { kind: 'internet', by: 'packet' };
