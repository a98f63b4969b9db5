import type { Principal } from '../access/principal.ts';
import type { DirectorySnapshot } from '../directory/port.ts';

/** Somebody the login authority signs in: an application, or a person. */
export interface Account {
  readonly principal: Extract<Principal, { readonly kind: 'service-principal' | 'user' }>;
  readonly objectId: string;
  readonly displayName: string;
  /** What a person types to sign in; absent for applications. */
  readonly userPrincipalName?: string;
  /** The owner keeps the directory itself. */
  readonly role: 'owner' | 'member';
}

/** The account of a principal as it is now; `undefined` when it is none of the login authority's, or gone. */
export function accountOf(directory: DirectorySnapshot, principal: Principal): Account | undefined {
  if (principal.kind === 'service-principal') {
    const known = directory.servicePrincipal(principal.clientId);
    if (known === undefined) return undefined;
    const { objectId, displayName, role } = known;
    return { principal, objectId, displayName, role };
  }
  const user = principal.kind === 'user' ? directory.user(principal.objectId) : undefined;
  if (user === undefined || principal.kind !== 'user') return undefined;
  const { objectId, displayName, userPrincipalName } = user;
  return { principal, objectId, displayName, userPrincipalName, role: 'member' };
}
