import type { Principal } from '../access/principal.ts';
import { matchSecret } from '../directory/secret.ts';
import type { Identity } from './identity.ts';
import type { RegistryView } from './registry-view.ts';
import { reject, type Rejection } from './rejection.ts';
import { type RightsContext, rightsOf } from './rights.ts';

/** A user name and a password. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** The outcome of a login: an identity whose rights are in force now. */
export type LoggedIn = { readonly kind: 'logged-in'; readonly identity: Identity } | Rejection;

type Named = Exclude<Principal, { kind: 'anonymous' }>;

/**
 * Finds who has this name and password: a service principal by client id, the admin user by the registry's name, or a
 * registry token by its name. A wrong name and a wrong password are told apart by nothing; what else is wrong is said
 * only to who knows the password.
 */
export function logIn({ username, password }: Login, context: RightsContext): LoggedIn {
  for (const principal of candidates(username, context.view)) {
    const credential = matchSecret(context.directory.credentials(principal), password);
    if (credential === undefined) continue;
    const identity: Identity = { principal, credential: { slot: credential.slot, version: credential.version } };
    const rights = rightsOf(identity, context);
    return rights.kind === 'rejected' ? rights : { kind: 'logged-in', identity };
  }
  return reject('wrong-credentials', `no user of ${context.view.loginServer} has this name and password`);
}

function candidates(username: string, view: RegistryView): readonly Named[] {
  return [
    { kind: 'service-principal', clientId: username.toLowerCase() },
    { kind: 'registry-token', registry: view.uid, name: username },
    ...(username.toLowerCase() === view.name.toLowerCase()
      ? [{ kind: 'admin-user', registry: view.uid } as const]
      : []),
  ];
}
