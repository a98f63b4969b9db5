import { randomUUID } from 'node:crypto';
import { formatPrincipal, type Principal } from '../../access/principal.ts';
import type { Database } from '../../sqlite/database.ts';
import type { Directory, DirectorySnapshot, ManagedIdentity } from '../port.ts';
import { newSecret } from '../secret.ts';
import { putSecret } from './credential-table.ts';

const SLOT = 'managed';

/** What is done with the identities of resources: each is a service principal whose only credential is nobody's. */
export function managedOperations(
  database: Database,
  change: <T>(work: () => T) => T,
  snapshot: () => DirectorySnapshot,
): Pick<Directory, 'keepManagedIdentities'> {
  return {
    keepManagedIdentities: async (wanted, nowMs) => {
      const known = managedIn(snapshot());
      const kept = new Set(wanted.map(({ clientId }) => clientId));
      const gone = known.filter((clientId) => !kept.has(clientId));
      const added = wanted.filter(({ clientId }) => !known.includes(clientId));
      if (gone.length === 0 && added.length === 0) return;
      change(() => {
        for (const clientId of gone) forget(database, clientId);
        for (const identity of added) add(database, identity, nowMs);
      });
    },
  };
}

function managedIn(directory: DirectorySnapshot): readonly string[] {
  return directory
    .servicePrincipals()
    .filter(({ clientId }) => directory.credentials(principalOf(clientId)).some(({ slot }) => slot === SLOT))
    .map(({ clientId }) => clientId);
}

function principalOf(clientId: string): Principal & { readonly kind: 'service-principal' } {
  return { kind: 'service-principal', clientId };
}

function forget(database: Database, clientId: string): void {
  database.run('DELETE FROM service_principal WHERE client_id = ?', clientId);
  database.run('DELETE FROM credential WHERE principal = ?', formatPrincipal(principalOf(clientId)));
}

function add(database: Database, { clientId, objectId, displayName }: ManagedIdentity, nowMs: number): void {
  const row = [clientId, objectId, randomUUID(), displayName, 'member', nowMs];
  database.run('INSERT INTO service_principal VALUES (?, ?, ?, ?, ?, ?)', ...row);
  // Tokens name the version of a credential: it goes with the identity, and so do they.
  putSecret(database, { principal: principalOf(clientId), slot: SLOT, secret: newSecret(), nowMs });
}
