import { formatPrincipal } from '../../access/principal.ts';
import type { Database } from '../../sqlite/database.ts';
import type { DirectorySnapshot, ServicePrincipal } from '../port.ts';
import { readCredentials } from './credential-table.ts';
import { readFederatedCredentials } from './federated-credential.ts';
import { readUsers } from './user.ts';

interface ServicePrincipalRow {
  readonly client_id: string;
  readonly object_id: string;
  readonly application_id: string;
  readonly display_name: string;
  readonly role: 'owner' | 'member';
  readonly created_ms: number;
}

/** The tenant that this directory is, with its one subscription. */
export interface Tenant {
  readonly tenant_id: string;
  readonly subscription_id: string;
}

/** Reads the directory whole. Changes are rare, and requests are answered from what this returns alone. */
export function readSnapshot(database: Database, tenant: Tenant, authEpoch: number): DirectorySnapshot {
  const credentials = readCredentials(database);
  const principals = readServicePrincipals(database);
  const users = readUsers(database);
  const byName = new Map([...users.values()].map((user) => [user.userPrincipalName, user]));
  const federated = readFederatedCredentials(database);
  return {
    authEpoch,
    tenantId: tenant.tenant_id,
    subscriptionId: tenant.subscription_id,
    servicePrincipal: (clientId) => principals.get(clientId),
    servicePrincipals: () => [...principals.values()],
    user: (objectId) => users.get(objectId),
    userNamed: (name) => byName.get(name.toLowerCase()),
    users: () => [...users.values()],
    federatedCredentials: (clientId) => federated.get(clientId) ?? [],
    credentials: (principal) => credentials.get(formatPrincipal(principal)) ?? [],
  };
}

function readServicePrincipals(database: Database): ReadonlyMap<string, ServicePrincipal> {
  const rows = database.all<ServicePrincipalRow>('SELECT * FROM service_principal ORDER BY created_ms, client_id');
  return new Map(
    rows.map((row) => [
      row.client_id,
      {
        clientId: row.client_id,
        objectId: row.object_id,
        applicationId: row.application_id,
        displayName: row.display_name,
        role: row.role,
        createdMs: row.created_ms,
      },
    ]),
  );
}
