import { type Account, accountOf } from './account.ts';
import { type AuthorizationHeader, parseAuthorization } from './authorization-header.ts';
import { checkTime, wrongKind } from './check-token.ts';
import type { Identity } from './identity.ts';
import { reject, type Rejection } from './rejection.ts';
import { checkIdentity } from './rights.ts';
import { type AuthServices, issuerOf, withoutSlash } from './services.ts';
import type { Token } from './token.ts';

/** Who made a request to the management API. */
export type ArmAuthentication =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'principal'; readonly account: Account }
  | Rejection;

/** A token of the login authority that holds now. */
export type CheckedArmToken =
  | { readonly kind: 'checked'; readonly account: Account; readonly identity: Identity }
  | Rejection;

/** Reads the `Authorization` of a request to the management API, or to another that `accepted` names: a token for it, never a password. */
export async function verifyArmToken(
  services: AuthServices,
  header: AuthorizationHeader,
  nowMs: number,
  accepted: readonly string[] = services.authority.armAudiences,
): Promise<ArmAuthentication> {
  const authorization = parseAuthorization(header);
  switch (authorization.kind) {
    case 'none':
      return { kind: 'anonymous' };
    case 'rejected':
      return authorization;
    case 'basic':
      return reject('malformed-header', `the management API takes no passwords; get a token at ${issuerOf(services)}`);
    case 'bearer': {
      const audiences = accepted.map(withoutSlash);
      const checked = await checkArmToken(services, authorization.token, audiences, nowMs);
      return checked.kind === 'rejected' ? checked : { kind: 'principal', account: checked.account };
    }
  }
}

/** Whether a token is this login authority's, for one of `audiences`, and its holder and secret are still in force. */
export async function checkArmToken(
  services: AuthServices,
  token: Token,
  audiences: readonly string[],
  nowMs: number,
): Promise<CheckedArmToken> {
  const verified = await services.verifier.verify(token, services.directory.snapshot().authEpoch, nowMs);
  if (verified.kind === 'rejected') return verified;
  const { claims } = verified;
  if (claims.kind !== 'arm') return wrongKind(claims, 'arm');
  if (claims.issuer !== issuerOf(services))
    return reject('wrong-issuer', `the token is of ${claims.issuer}, and this server trusts ${issuerOf(services)}`);
  if (!audiences.includes(withoutSlash(claims.audience)))
    return reject('wrong-audience', `the token is for ${claims.audience}; needed is one for ${audiences.join(' or ')}`);
  return checkTime(claims, nowMs) ?? checkHolder(services, claims.identity, nowMs);
}

function checkHolder({ directory }: AuthServices, identity: Identity, nowMs: number): CheckedArmToken {
  const now = directory.snapshot();
  const { principal, credential } = identity;
  if (credential === undefined) return holderUnknown();
  const refusal = checkIdentity({ principal, credential }, now, nowMs);
  if (refusal !== undefined) return refusal;
  const account = accountOf(now, principal);
  return account === undefined ? holderUnknown() : { kind: 'checked', account, identity };
}

function holderUnknown(): Rejection {
  return reject('principal-unknown', 'who logged in is not known to this server any more; log in again');
}
