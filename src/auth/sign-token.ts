import { randomUUID } from 'node:crypto';
import { CompactSign } from 'jose';
import type { AccessEntry } from '../access/access-entry.ts';
import type { Principal } from '../access/principal.ts';
import type { JsonObject } from '../oci/descriptor.ts';
import type { SigningKeyRing } from '../trust/signing-key-ring.ts';
import type { Identity } from './identity.ts';
import type { RegistryView } from './registry-view.ts';
import {
  ACCESS_TOKEN_LIFETIME_MS,
  ARM_TOKEN_LIFETIME_MS,
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

/** For whom a token for the management API is made. */
export interface ArmTokenRequest {
  readonly keys: SigningKeyRing;
  readonly issuer: string;
  readonly audience: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly objectId: string;
  readonly identity: Identity;
  readonly nowMs: number;
}

/** Makes an access token for the management API, with the claims that `az` reads (facts/acr.md §4.1). */
export function signArmToken({ keys, issuer, audience, identity, nowMs, ...app }: ArmTokenRequest): Promise<string> {
  return sign(keys, {
    aud: audience,
    iss: issuer,
    ...lifetime(nowMs, ARM_TOKEN_LIFETIME_MS),
    appid: app.clientId,
    idtyp: 'app',
    oid: app.objectId,
    sub: app.objectId,
    tid: app.tenantId,
    ver: '1.0',
    ...identityClaims(identity),
  });
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
