import { formatPrincipal } from '../../access/principal.ts';
import type { Database } from '../../sqlite/database.ts';
import type { DirectorySnapshot, ServicePrincipal } from '../port.ts';
import { readCredentials } from './credential-table.ts';

interface ServicePrincipalRow {
  readonly client_id: string;
  readonly object_id: string;
  readonly role: 'owner';
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
  return {
    authEpoch,
    tenantId: tenant.tenant_id,
    subscriptionId: tenant.subscription_id,
    servicePrincipal: (clientId) => principals.get(clientId),
    credentials: (principal) => credentials.get(formatPrincipal(principal)) ?? [],
  };
}

function readServicePrincipals(database: Database): ReadonlyMap<string, ServicePrincipal> {
  const rows = database.all<ServicePrincipalRow>('SELECT client_id, object_id, role FROM service_principal');
  return new Map(
    rows.map((row) => [row.client_id, { clientId: row.client_id, objectId: row.object_id, role: row.role }]),
  );
}
