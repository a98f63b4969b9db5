import type { RepositoryAction } from '../access/action.ts';
import { can, canCatalog, type Grant } from '../access/grant.ts';
import type { Principal } from '../access/principal.ts';

/**
 * Whether a caller may do something. `insufficient-scope`: the token says too little, and another one would do, so the
 * answer is 401 with a challenge; `denied`: no token would do, so the answer is 403.
 */
export type Permission = 'allowed' | 'insufficient-scope' | 'denied';

/** Who made a request, with what may be done in the registry that was called. */
export interface Caller {
  readonly principal: Principal;
  judge(action: RepositoryAction, repository: string): Permission;
  judgeCatalog(): Permission;
  /** Whether {@link judge} says `allowed`. */
  allows(action: RepositoryAction, repository: string): boolean;
  /** Whether {@link judgeCatalog} says `allowed`. */
  allowsCatalog(): boolean;
}

/** A caller who may do what `now` grants, as far as `token` grants it too; without a token all of `now`. */
export function makeCaller(principal: Principal, now: Grant, token: Grant = now): Caller {
  const judge = (allowedNow: boolean, inToken: boolean): Permission =>
    allowedNow ? (inToken ? 'allowed' : 'insufficient-scope') : 'denied';
  const judgeAction = (action: RepositoryAction, repository: string): Permission =>
    judge(can(now, action, repository), can(token, action, repository));
  const judgeCatalog = (): Permission => judge(canCatalog(now), canCatalog(token));
  return {
    principal,
    judge: judgeAction,
    judgeCatalog,
    allows: (action, repository) => judgeAction(action, repository) === 'allowed',
    allowsCatalog: () => judgeCatalog() === 'allowed',
  };
}
