import { grantOfAccess, parseAccess } from '../access/access-entry.ts';
import type { Grant } from '../access/grant.ts';
import { formatPrincipal, parsePrincipal } from '../access/principal.ts';
import { isJsonObject, type JsonObject } from '../oci/descriptor.ts';
import { ANONYMOUS, type CredentialReference, type Identity } from './identity.ts';

/** The issuer of a registry's own tokens (facts/acr.md §3.3). */
export const REGISTRY_ISSUER = 'Azure Container Registry';

/** How long an access token of a registry is valid, in ms: 75 minutes (facts/acr.md §3.3). */
export const ACCESS_TOKEN_LIFETIME_MS = 75 * 60 * 1000;
/** How long a refresh token of a registry is valid, in ms: three hours (facts/acr.md §3.3). */
export const REFRESH_TOKEN_LIFETIME_MS = 3 * 60 * 60 * 1000;
/** How long an access token for the management API is valid, in ms. */
export const ARM_TOKEN_LIFETIME_MS = 60 * 60 * 1000;

/** How long a refresh token of the login authority is valid, in ms; each use gives another. */
export const AUTHORITY_REFRESH_LIFETIME_MS = 24 * 60 * 60 * 1000;
/** What tells a refresh token of the login authority from its access tokens. */
export const AUTHORITY_REFRESH = 'authority_refresh';

/** What every token says. Times are ms since the epoch. */
interface CommonClaims {
  readonly issuer: string;
  readonly audience: string;
  readonly notBeforeMs: number;
  readonly expiresMs: number;
  readonly identity: Identity;
}

/** The claims of a verified token, by the kind of token. `registry` is a registry's uid. */
export type TokenClaims =
  | (CommonClaims & { readonly kind: 'registry-refresh'; readonly registry: string })
  | (CommonClaims & {
      readonly kind: 'registry-access';
      readonly registry: string;
      /** What it grants by itself. */
      readonly grant: Grant;
    })
  | (CommonClaims & { readonly kind: 'arm' })
  | (CommonClaims & { readonly kind: 'authority-refresh'; readonly clientId: string });

/** Reads a token's payload; `undefined` when anything in it is not as this server writes it. */
export function parseTokenClaims(payload: JsonObject): TokenClaims | undefined {
  const common = parseCommon(payload);
  if (common === undefined) return undefined;
  if (common.issuer !== REGISTRY_ISSUER) return parseOfAuthority(payload, common);
  const registry = payload['rid'];
  if (typeof registry !== 'string') return undefined;
  if (payload['grant_type'] === 'refresh_token') return { kind: 'registry-refresh', registry, ...common };
  const access = parseAccess(payload['access']);
  if (payload['grant_type'] !== 'access_token' || access === undefined) return undefined;
  return { kind: 'registry-access', registry, grant: grantOfAccess(access), ...common };
}

function parseOfAuthority(payload: JsonObject, common: CommonClaims): TokenClaims | undefined {
  const { grant_type: grant, appid } = payload;
  if (grant === undefined) return { kind: 'arm', ...common };
  return grant === AUTHORITY_REFRESH && typeof appid === 'string'
    ? { kind: 'authority-refresh', clientId: appid, ...common }
    : undefined;
}

/** An identity as claims. */
export function identityClaims({ principal, credential }: Identity): JsonObject {
  return { principal: formatPrincipal(principal), ...(credential === undefined ? {} : { credential }) };
}

function parseCommon(payload: JsonObject): CommonClaims | undefined {
  const { iss, aud, nbf, exp } = payload;
  const identity = parseIdentity(payload);
  if (typeof iss !== 'string' || typeof aud !== 'string' || identity === undefined) return undefined;
  if (typeof nbf !== 'number' || typeof exp !== 'number') return undefined;
  return { issuer: iss, audience: aud, notBeforeMs: nbf * 1000, expiresMs: exp * 1000, identity };
}

function parseIdentity(payload: JsonObject): Identity | undefined {
  const text = payload['principal'];
  const principal = typeof text === 'string' ? parsePrincipal(text) : undefined;
  if (principal === undefined) return undefined;
  if (principal.kind === 'anonymous') return payload['credential'] === undefined ? ANONYMOUS : undefined;
  const credential = payload['credential'];
  return isCredentialReference(credential) ? { principal, credential } : undefined;
}

function isCredentialReference(value: unknown): value is CredentialReference {
  return isJsonObject(value) && typeof value['slot'] === 'string' && typeof value['version'] === 'string';
}
