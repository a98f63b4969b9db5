import { randomUUID } from 'node:crypto';
import { CompactSign } from 'jose';
import type { AccessEntry } from '../access/access-entry.ts';
import type { Principal } from '../access/principal.ts';
import type { JsonObject } from '../oci/descriptor.ts';
import type { SigningKeyRing } from '../trust/signing-key-ring.ts';
import type { Account } from './account.ts';
import type { Identity } from './identity.ts';
import type { RegistryView } from './registry-view.ts';
import {
  ACCESS_TOKEN_LIFETIME_MS,
  ARM_TOKEN_LIFETIME_MS,
  AUTHORITY_REFRESH,
  AUTHORITY_REFRESH_LIFETIME_MS,
  identityClaims,
  REFRESH_TOKEN_LIFETIME_MS,
  REGISTRY_ISSUER,
} from './token-claims.ts';

/** For whom and by whom a registry's token is made. */
export interface RegistryTokenRequest {
  readonly keys: SigningKeyRing;
  readonly view: RegistryView;
  readonly identity: Identity;
  readonly nowMs: number;
}

/** Makes a refresh token (facts/acr.md §3.3). */
export function signRefreshToken(request: RegistryTokenRequest): Promise<string> {
  return sign(request.keys, {
    ...registryClaims(request, REFRESH_TOKEN_LIFETIME_MS),
    grant_type: 'refresh_token',
  });
}

/** Makes an access token (facts/acr.md §3.3; distribution's token specification for `access`). */
export function signAccessToken(request: RegistryTokenRequest, access: readonly AccessEntry[]): Promise<string> {
  return sign(request.keys, {
    ...registryClaims(request, ACCESS_TOKEN_LIFETIME_MS),
    grant_type: 'access_token',
    access,
  });
}

/** For whom a token of the login authority is made. */
export interface AuthorityTokenRequest {
  readonly keys: SigningKeyRing;
  readonly issuer: string;
  readonly tenantId: string;
  /** The application that asks; a service principal's own, or what a person signs in with. */
  readonly clientId: string;
  readonly account: Account;
  readonly identity: Identity;
  readonly nowMs: number;
}

/** Makes an access token for a resource, with the claims that `az` reads (facts/acr.md §4.1). */
export function signArmToken(request: AuthorityTokenRequest, audience: string): Promise<string> {
  const { keys, issuer, tenantId, clientId, account, identity, nowMs } = request;
  return sign(keys, {
    aud: audience,
    iss: issuer,
    ...lifetime(nowMs, ARM_TOKEN_LIFETIME_MS),
    appid: clientId,
    idtyp: account.userPrincipalName === undefined ? 'app' : 'user',
    oid: account.objectId,
    ...personClaims(account),
    ...(account.userPrincipalName === undefined ? {} : { scp: 'user_impersonation' }),
    sub: account.objectId,
    tid: tenantId,
    ver: '1.0',
    ...identityClaims(identity),
  });
}

/** Makes a refresh token of the login authority, for the application that asked. */
export function signAuthorityRefresh(request: AuthorityTokenRequest): Promise<string> {
  const { keys, issuer, clientId, identity, nowMs } = request;
  return sign(keys, {
    aud: issuer,
    iss: issuer,
    ...lifetime(nowMs, AUTHORITY_REFRESH_LIFETIME_MS),
    grant_type: AUTHORITY_REFRESH,
    appid: clientId,
    ...identityClaims(identity),
  });
}

/** Makes an id token: who signed in, for the application that asked (OpenID Connect Core 1.0 §2). */
export function signIdToken(request: AuthorityTokenRequest, nonce: string | undefined): Promise<string> {
  const { keys, issuer, tenantId, clientId, account, nowMs } = request;
  return sign(keys, {
    aud: clientId,
    iss: issuer,
    ...lifetime(nowMs, ARM_TOKEN_LIFETIME_MS),
    oid: account.objectId,
    ...personClaims(account),
    ...(nonce === undefined ? {} : { nonce }),
    sub: account.objectId,
    tid: tenantId,
    ver: '2.0',
  });
}

function personClaims({ userPrincipalName, displayName }: Account): JsonObject {
  if (userPrincipalName === undefined) return {};
  const names = { upn: userPrincipalName, unique_name: userPrincipalName, preferred_username: userPrincipalName };
  return { ...names, name: displayName };
}

function registryClaims({ view, identity, nowMs }: RegistryTokenRequest, lifetimeMs: number): JsonObject {
  return {
    ...lifetime(nowMs, lifetimeMs),
    sub: subjectOf(identity.principal, view),
    iss: REGISTRY_ISSUER,
    aud: view.loginServer,
    version: '1.0',
    rid: view.uid,
    permissions: { actions: ['read'], notActions: [] },
    roles: [],
    ...identityClaims(identity),
  };
}

/** The name by which people know a principal: a client id or a user name. */
function subjectOf(principal: Principal, view: RegistryView): string {
  switch (principal.kind) {
    case 'service-principal':
      return principal.clientId;
    case 'user':
      return principal.objectId;
    case 'admin-user':
      return view.name;
    case 'registry-token':
      return principal.name;
    case 'anonymous':
      return '';
  }
}

function lifetime(nowMs: number, lifetimeMs: number): JsonObject {
  const iat = Math.floor(nowMs / 1000);
  return { jti: randomUUID(), nbf: iat, exp: iat + lifetimeMs / 1000, iat };
}

/** The payload is exactly what `JSON.stringify` writes: verification refuses any other spelling. */
function sign(keys: SigningKeyRing, claims: JsonObject): Promise<string> {
  const { kid, privateKey } = keys.signingKey();
  return new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid })
    .sign(privateKey);
}
