import { ANONYMOUS_PULL, NOTHING } from '../access/grant.ts';
import type { Authorization } from './authorization-header.ts';
import { type Caller, makeCaller } from './caller.ts';
import { checkRegistryToken, wrongKind } from './check-token.ts';
import { type Login, logIn } from './password-login.ts';
import type { RegistryView } from './registry-view.ts';
import type { Rejection } from './rejection.ts';
import { type RightsContext, rightsOf } from './rights.ts';
import type { AuthServices } from './services.ts';
import type { Token } from './token.ts';

/**
 * Who made a request to a registry. An anonymous one proved nothing; its caller may do what anonymous pull gives. A
 * rejected one proved something false, and is never treated as anonymous.
 */
export type Authentication =
  | { readonly kind: 'anonymous'; readonly caller: Caller }
  | { readonly kind: 'caller'; readonly caller: Caller }
  | Rejection;

/** Judges what a request's `Authorization` carries against the directory and the registry as they are now. */
export async function authenticate(
  services: AuthServices,
  authorization: Authorization,
  view: RegistryView,
  nowMs: number,
): Promise<Authentication> {
  const context = { directory: services.directory.snapshot(), view, nowMs };
  switch (authorization.kind) {
    case 'rejected':
      return authorization;
    case 'none':
      return { kind: 'anonymous', caller: anonymousCaller(view) };
    case 'bearer':
      return authenticateToken(services, authorization.token, context);
    case 'basic':
      return authenticateLogin(authorization, context);
  }
}

async function authenticateToken(
  services: AuthServices,
  token: Token,
  { view, nowMs }: Pick<RightsContext, 'view' | 'nowMs'>,
): Promise<Authentication> {
  const verified = await services.verifier.verify(token, services.directory.snapshot().authEpoch, nowMs);
  if (verified.kind === 'rejected') return verified;
  const { claims } = verified;
  if (claims.kind !== 'registry-access') return wrongKind(claims, 'registry-access');
  const refusal = checkRegistryToken(claims, view, nowMs);
  if (refusal !== undefined) return refusal;
  // The directory may have changed while the signature was verified: what counts is how it is now.
  const rights = rightsOf(claims.identity, { directory: services.directory.snapshot(), view, nowMs });
  if (rights.kind === 'rejected') return rights;
  const caller = makeCaller(claims.identity.principal, rights.grant, claims.grant);
  return { kind: 'caller', caller };
}

function authenticateLogin(login: Login, context: RightsContext): Authentication {
  const outcome = logIn(login, context);
  if (outcome.kind === 'rejected') return outcome;
  const rights = rightsOf(outcome.identity, context);
  if (rights.kind === 'rejected') return rights;
  return { kind: 'caller', caller: makeCaller(outcome.identity.principal, rights.grant) };
}

function anonymousCaller(view: RegistryView): Caller {
  return makeCaller({ kind: 'anonymous' }, view.anonymousPullEnabled ? ANONYMOUS_PULL : NOTHING);
}
