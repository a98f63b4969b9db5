/** What stands behind virtual machines, as verbs are told of it. */
export type Hosts =
  /** Nothing: they are kept as resources. */
  | { readonly kind: 'none' }
  /** They are refused, with what to do instead. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Hosts of the lab. */
  | {
      readonly kind: 'run';
      /** How the host of a resource is found now, by its uid; `undefined` before it is known. */
      readonly observed: (uid: string) => ObservedHost | undefined;
    };

/** How a host is found. */
export interface ObservedHost {
  readonly kind: 'starting' | 'running' | 'stopped' | 'failed';
  readonly why?: string;
}
