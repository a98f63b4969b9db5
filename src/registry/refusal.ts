import { type Reply, refuse } from '../http/reply.ts';
import type { RepositoryName } from '../oci/reference.ts';
import { type Locked, NoSpaceError } from '../store/port.ts';

/** Refuses what a lock forbids, in the words of the real service. */
export function refuseLocked(locked?: Locked): Reply {
  return refuse({
    code: 'UNSUPPORTED',
    message:
      'The operation is disallowed on this registry, repository or image. View troubleshooting steps at https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation',
    ...(locked === undefined ? {} : { detail: { locked: locked.what, name: locked.name } }),
  });
}

/** Refuses a repository that is not there. */
export function refuseRepository(name: RepositoryName): Reply {
  return refuse({ code: 'NAME_UNKNOWN', detail: { name } });
}

/** Turns a full volume into an outcome, and throws any other error on: only a full volume is known to have changed nothing. */
export function noSpace(error: unknown): { readonly kind: 'no-space' } {
  if (error instanceof NoSpaceError) return { kind: 'no-space' };
  throw error;
}
