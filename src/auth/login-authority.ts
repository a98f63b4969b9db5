import { matchSecret } from '../directory/secret.ts';
import type { Incoming } from '../http/incoming.ts';
import { type OauthError, okToken, refuseOauth } from '../http/oauth-reply.ts';
import type { Reply } from '../http/reply.ts';
import { type Account, accountOf } from './account.ts';
import { type AuthorityRequest, type ClientProof, type Grant, readAuthorityRequest } from './authority-request.ts';
import { checkTime } from './check-token.ts';
import type { SignedIn } from './pending-sign-in.ts';
import type { ResourceScope } from './resource-scope.ts';
import { checkIdentity } from './rights.ts';
import { audiencesOf, type AuthServices, issuerOf } from './services.ts';
import { type AuthorityTokenRequest, signArmToken, signAuthorityRefresh, signIdToken } from './sign-token.ts';
import { wrongTenant } from './tenant.ts';
import { Token } from './token.ts';
import { ARM_TOKEN_LIFETIME_MS } from './token-claims.ts';

/** Who proved to be whom, and what for: or why not. */
type Proved =
  | {
      readonly kind: 'proved';
      readonly identity: SignedIn;
      readonly scope: ResourceScope | undefined;
      readonly nonce?: string | undefined;
    }
  | { readonly kind: 'refused'; readonly error: OauthError };

/** Answers `POST /{tenant}/oauth2/v2.0/token` and `POST /adfs/oauth2/token` (RFC 6749 §4 and §5, RFC 8628 §3.5). */
export async function answerAuthorityToken(
  services: AuthServices,
  incoming: Incoming,
  tenant: string,
  nowMs: number,
): Promise<Reply> {
  const wrong = wrongTenant(services, tenant);
  if (wrong !== undefined) return wrong;
  const read = await readAuthorityRequest(incoming);
  if (read.kind === 'refused') return refuseOauth(read.error);
  const { request } = read;
  const proved = await prove(services, request, nowMs);
  if (proved.kind === 'refused') return refuseOauth(proved.error);
  const account = stillThere(services, proved.identity, nowMs);
  if (account === undefined) return refuseOauth(signInAgain());
  const scope = proved.scope ?? request.scope;
  const resource = scope?.resource;
  if (scope === undefined || resource === undefined || !audiencesOf(services).includes(resource))
    return wrongResource(services, resource ?? '');
  return issue(services, { request, account, proved, scope: { ...scope, resource }, nowMs });
}

function prove(services: AuthServices, request: AuthorityRequest, nowMs: number): Proved | Promise<Proved> {
  const { grant, clientId, scope } = request;
  switch (grant.kind) {
    case 'client_credentials':
      return proveClient(services, { clientId, proof: grant.proof, scope }, nowMs);
    case 'password':
      return provePassword(services, grant, scope);
    case 'refresh_token':
      return proveRefresh(services, { token: grant.token, clientId, scope }, nowMs);
    case 'authorization_code':
      return proveCode(services, { ...grant, clientId, scope }, nowMs);
    case 'device_code':
      return proveDevice(services, { code: grant.code, clientId, scope }, nowMs);
  }
}

interface Client {
  readonly clientId: string;
  readonly proof: ClientProof;
  readonly scope: ResourceScope | undefined;
}

async function proveClient(
  services: AuthServices,
  { clientId: asked, proof, scope }: Client,
  nowMs: number,
): Promise<Proved> {
  const now = services.directory.snapshot();
  const clientId = asked.toLowerCase();
  const principal = { kind: 'service-principal', clientId } as const;
  if (proof.kind === 'secret') {
    const credential = matchSecret(now.credentials(principal), proof.secret);
    if (credential === undefined || now.servicePrincipal(clientId) === undefined) return wrongClient();
    return {
      kind: 'proved',
      identity: { principal, credential: { slot: credential.slot, version: credential.version } },
      scope,
    };
  }
  const federated = await services.federation.prove(now, clientId, proof.assertion, nowMs);
  if (federated.kind === 'refused')
    return { kind: 'refused', error: { error: 'invalid_client', code: 700_213, description: `${federated.why}.` } };
  return {
    kind: 'proved',
    identity: { principal, credential: { slot: 'federation', version: federated.credential.id } },
    scope,
  };
}

/** Who signs in by name and password; `undefined` when the two do not go together. */
export function matchUser({ directory }: AuthServices, username: string, password: string): SignedIn | undefined {
  const now = directory.snapshot();
  const user = now.userNamed(username);
  // Nobody is compared, too, so that time does not tell which names there are.
  const principal = { kind: 'user', objectId: user?.objectId ?? '' } as const;
  const credential = matchSecret(now.credentials(principal), password);
  return user === undefined || credential === undefined
    ? undefined
    : { principal, credential: { slot: credential.slot, version: credential.version } };
}

function provePassword(
  services: AuthServices,
  { username, password }: Extract<Grant, { readonly kind: 'password' }>,
  scope: ResourceScope | undefined,
): Proved {
  const identity = matchUser(services, username, password);
  if (identity !== undefined) return { kind: 'proved', identity, scope };
  const description =
    'Error validating credentials due to invalid username or password. A user is made by: seawall principal create NAME@DOMAIN --user';
  return { kind: 'refused', error: { error: 'invalid_grant', code: 50_126, description } };
}

interface TokenInHand {
  readonly clientId: string;
  readonly scope: ResourceScope | undefined;
}

async function proveRefresh(
  services: AuthServices,
  { token, clientId, scope }: TokenInHand & { readonly token: string },
  nowMs: number,
): Promise<Proved> {
  const verified = await services.verifier.verify(new Token(token), services.directory.snapshot().authEpoch, nowMs);
  if (verified.kind === 'rejected' || verified.claims.kind !== 'authority-refresh') return refused(signInAgain());
  const { claims } = verified;
  const { principal, credential } = claims.identity;
  const isOurs = claims.issuer === issuerOf(services) && claims.clientId === clientId;
  if (!isOurs || credential === undefined || checkTime(claims, nowMs) !== undefined) return refused(signInAgain());
  return { kind: 'proved', identity: { principal, credential }, scope };
}

function proveCode(
  services: AuthServices,
  { scope, ...sent }: TokenInHand & { readonly code: string; readonly redirectUri: string; readonly verifier: string },
  nowMs: number,
): Proved {
  const redeemed = services.pending.redeem(sent, nowMs);
  if (redeemed === undefined)
    return refused({
      error: 'invalid_grant',
      code: 70_008,
      description:
        'The provided authorization code has expired, was used, or is of another client, redirect URI or verifier. Sign in again.',
    });
  const { request, identity } = redeemed;
  return { kind: 'proved', identity, scope: scope ?? request.scope, nonce: request.nonce };
}

function proveDevice(
  services: AuthServices,
  { code, clientId, scope }: TokenInHand & { readonly code: string },
  nowMs: number,
): Proved {
  const poll = services.pending.poll(code, clientId, nowMs);
  switch (poll.kind) {
    case 'signed-in':
      return { kind: 'proved', identity: poll.identity, scope: scope ?? poll.request.scope };
    case 'pending':
      return refused({
        error: 'authorization_pending',
        code: 70_016,
        description: 'Nobody has signed in with the code yet.',
      });
    case 'expired':
      return refused({
        error: 'expired_token',
        code: 70_020,
        description: 'The code has expired: start the sign-in again.',
      });
    case 'unknown':
      return refused({
        error: 'invalid_grant',
        code: 70_000,
        description: 'The device code is not known here, or was used.',
      });
  }
}

function stillThere({ directory }: AuthServices, identity: SignedIn, nowMs: number): Account | undefined {
  const now = directory.snapshot();
  return checkIdentity(identity, now, nowMs) === undefined ? accountOf(now, identity.principal) : undefined;
}

interface Issue {
  readonly request: AuthorityRequest;
  readonly account: Account;
  readonly proved: Extract<Proved, { readonly kind: 'proved' }>;
  readonly scope: ResourceScope & { readonly resource: string };
  readonly nowMs: number;
}

async function issue(services: AuthServices, { request, account, proved, scope, nowMs }: Issue): Promise<Reply> {
  const lifetime = ARM_TOKEN_LIFETIME_MS / 1000;
  const { tenantId } = services.directory.snapshot();
  const token: AuthorityTokenRequest = {
    keys: services.keys,
    issuer: issuerOf(services),
    tenantId,
    clientId: account.principal.kind === 'user' ? request.clientId : account.principal.clientId,
    account,
    identity: proved.identity,
    nowMs,
  };
  return okToken({
    token_type: 'Bearer',
    scope: scope.text,
    expires_in: lifetime,
    ext_expires_in: lifetime,
    access_token: await signArmToken(token, scope.resource),
    ...(account.principal.kind === 'user' ? await personal(token, { request, scope, nonce: proved.nonce }) : {}),
  });
}

/** What a client gets beside the access token when a person signed in. */
async function personal(
  token: AuthorityTokenRequest,
  {
    request,
    scope,
    nonce,
  }: { readonly request: AuthorityRequest; readonly scope: ResourceScope; readonly nonce: string | undefined },
): Promise<object> {
  const info = { uid: token.account.objectId, utid: token.tenantId };
  return {
    ...(scope.offline ? { refresh_token: await signAuthorityRefresh(token) } : {}),
    ...(scope.openid ? { id_token: await signIdToken(token, nonce) } : {}),
    ...(request.clientInfo ? { client_info: Buffer.from(JSON.stringify(info)).toString('base64url') } : {}),
  };
}

function refused(error: OauthError): Proved {
  return { kind: 'refused', error };
}

function signInAgain(): OauthError {
  const description =
    'The sign-in has expired, or its password, secret or account was changed or removed. Sign in again.';
  return { error: 'invalid_grant', code: 700_082, description };
}

function wrongResource(services: AuthServices, resource: string): Reply {
  const known = audiencesOf(services).join(', ');
  const description = `The resource principal named ${resource} was not found in the tenant. There are ${known}.`;
  return refuseOauth({ error: 'invalid_resource', code: 500_011, description });
}

function wrongClient(): Proved {
  const description = 'No application has this client id and client secret. Check both, or rotate the secret.';
  return refused({ error: 'invalid_client', code: 7_000_215, description });
}
