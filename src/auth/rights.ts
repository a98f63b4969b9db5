import { ANONYMOUS_PULL, EVERYTHING, type Grant } from '../access/grant.ts';
import type { Principal } from '../access/principal.ts';
import type { DirectorySnapshot } from '../directory/port.ts';
import { isExpired } from '../directory/secret.ts';
import { findCredential, type Identity } from './identity.ts';
import type { RegistryView } from './registry-view.ts';
import { reject, type Rejection } from './rejection.ts';

/** What identities are judged by: the directory as it is now, and the registry that is called. */
export interface RightsContext {
  readonly directory: DirectorySnapshot;
  readonly view: RegistryView;
  readonly nowMs: number;
}

/** What a principal may do in a registry now, or why it may not even log in. */
export type Rights = { readonly kind: 'granted'; readonly grant: Grant } | Rejection;

/** Judges an identity anew: its principal, and the very secret that proved it (invariant 10). */
export function rightsOf(identity: Identity, context: RightsContext): Rights {
  if (identity.credential === undefined) return grantOf(identity.principal, context);
  return checkIdentity(identity, context.directory, context.nowMs) ?? grantOf(identity.principal, context);
}

/** Whether the secret that proved an identity is still its principal's; `undefined` when all is well. */
export function checkIdentity(
  { principal, credential }: Extract<Identity, { credential: object }>,
  directory: DirectorySnapshot,
  nowMs: number,
): Rejection | undefined {
  if (credential.slot === 'federation') return checkFederation(principal, credential.version, directory);
  const current = findCredential(directory.credentials(principal), credential);
  if (current === undefined)
    return reject(
      'credential-changed',
      'the password or secret behind this login was changed or removed; log in again',
    );
  if (isExpired(current, nowMs))
    return reject('credential-expired', 'the password behind this login has expired; generate a new one');
  return undefined;
}

/** A federated credential has no secret: what counts is that it is still there. */
function checkFederation(principal: Principal, id: string, directory: DirectorySnapshot): Rejection | undefined {
  const own = principal.kind === 'service-principal' ? directory.federatedCredentials(principal.clientId) : [];
  if (own.some((one) => one.id === id)) return undefined;
  return reject('credential-changed', 'the federated credential behind this login was removed; log in otherwise');
}

/** What a principal may do in this registry now, whatever proved it. */
export function grantOf(principal: Principal, { directory, view }: Omit<RightsContext, 'nowMs'>): Rights {
  switch (principal.kind) {
    case 'service-principal': {
      const known = directory.servicePrincipal(principal.clientId);
      return known === undefined ? unknown() : granted(view.principalGrant(known.objectId));
    }
    case 'user': {
      const known = directory.user(principal.objectId);
      return known === undefined ? unknown() : granted(view.principalGrant(known.objectId));
    }
    case 'admin-user':
      if (principal.registry !== view.uid) return unknown();
      return view.adminUserEnabled ? granted(EVERYTHING) : adminDisabled(view);
    case 'registry-token':
      return principal.registry === view.uid ? grantOfToken(principal.name, view) : unknown();
    case 'anonymous':
      return view.anonymousPullEnabled ? granted(ANONYMOUS_PULL) : anonymousDisabled(view);
  }
}

function grantOfToken(name: string, view: RegistryView): Rights {
  const token = view.tokens.get(name);
  if (token === undefined) return unknown();
  if (token.enabled) return granted(token.grant);
  return reject('principal-disabled', `the token ${name} of the registry ${view.name} is disabled; enable it first`);
}

function granted(grant: Grant): Rights {
  return { kind: 'granted', grant };
}

function unknown(): Rejection {
  return reject('principal-unknown', 'who logged in is not known to this registry any more; log in again');
}

function adminDisabled(view: RegistryView): Rejection {
  return reject('principal-disabled', `the admin user of the registry ${view.name} is disabled; enable it first`);
}

function anonymousDisabled(view: RegistryView): Rejection {
  return reject('principal-disabled', `anonymous pull is off for the registry ${view.name}; log in`);
}
