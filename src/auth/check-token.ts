import type { RegistryView } from './registry-view.ts';
import { reject, type Rejection } from './rejection.ts';
import type { TokenClaims } from './token-claims.ts';

/** How far clocks may differ, in ms. */
const SKEW_MS = 30_000;

const KINDS: Readonly<Record<TokenClaims['kind'], string>> = {
  'registry-refresh': 'a refresh token of a registry',
  'registry-access': 'an access token of a registry',
  arm: 'an access token of the login authority',
  'authority-refresh': 'a refresh token of the login authority',
};

/** Whether a registry's token is for this very registry and valid now; `undefined` when it is. */
export function checkRegistryToken(
  claims: Extract<TokenClaims, { registry: string }>,
  view: RegistryView,
  nowMs: number,
): Rejection | undefined {
  if (claims.audience !== view.loginServer)
    return reject('wrong-audience', `the token is for ${claims.audience}, and this is ${view.loginServer}`);
  if (claims.registry !== view.uid)
    return reject('wrong-registry', `the token is for an earlier registry of the name ${view.name}; log in again`);
  return checkTime(claims, nowMs);
}

/** Whether a token is valid at this time, give or take half a minute; `undefined` when it is. */
export function checkTime(claims: TokenClaims, nowMs: number): Rejection | undefined {
  if (claims.expiresMs + SKEW_MS <= nowMs)
    return reject('expired', `the token expired at ${new Date(claims.expiresMs).toISOString()}; log in again`);
  if (claims.notBeforeMs - SKEW_MS > nowMs)
    return reject('not-yet-valid', `the token is valid only from ${new Date(claims.notBeforeMs).toISOString()}`);
  return undefined;
}

/** The rejection of a token of one kind where another is needed. */
export function wrongKind(claims: TokenClaims, wanted: TokenClaims['kind']): Rejection {
  return reject('wrong-kind-of-token', `this is ${KINDS[claims.kind]}, where ${KINDS[wanted]} is needed`);
}
