import type { ArmError } from '../azure/error.ts';
import type { VerbContext } from './verb.ts';

/** What runs containers behind clusters and container groups, as verbs are told of it. */
export type ContainerHosts =
  /** Nothing does: they are refused, with what to do instead. */
  | { readonly kind: 'refused'; readonly why: string }
  | {
      readonly kind: 'run';
      /** How the containers of a group are found now, by the group's uid; `undefined` before it is known. */
      readonly observed: (uid: string) => readonly ObservedContainer[] | undefined;
    };

/** How a container is found. Times are ms since the epoch. */
export interface ObservedContainer {
  readonly name: string;
  readonly state: 'Waiting' | 'Running' | 'Terminated';
  readonly restarts: number;
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly exitCode: number | undefined;
}

/** Why nothing that runs containers can be made; `undefined` when it can. */
export function hostRefusal({ settings: { containerHosts } }: VerbContext): ArmError | undefined {
  if (containerHosts.kind === 'run') return undefined;
  return { code: 'OperationNotAllowed', message: containerHosts.why };
}
