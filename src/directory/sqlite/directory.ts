import { randomUUID } from 'node:crypto';
import { formatPrincipal, type Principal } from '../../access/principal.ts';
import { Database } from '../../sqlite/database.ts';
import { prepareDatabase } from '../../sqlite/migrate.ts';
import type { AdminPasswords, AdminSlot, Directory, DirectorySnapshot, Owner, OwnerRequest, Sealer } from '../port.ts';
import { newSecret } from '../secret.ts';
import { openSecret, putSecret, resealSecrets } from './credential-table.ts';
import { federationOperations } from './federated-credential.ts';
import { managedOperations } from './managed-identity.ts';
import { DIRECTORY_MIGRATIONS } from './schema.ts';
import { readSnapshot, type Tenant } from './snapshot.ts';
import { inTransaction } from './transaction.ts';
import { userOperations } from './user.ts';

/** How a directory is opened. `onFatal` is called when the database is in doubt: the process must then end. */
export interface DirectoryOptions {
  readonly sealer: Sealer;
  readonly onFatal: (error: unknown) => void;
}

/** The open database and the means to change it. */
interface Connection {
  readonly database: Database;
  readonly sealer: Sealer;
  /** Runs one transaction and then publishes the snapshot that includes it. */
  readonly change: <T>(work: () => T) => T;
}

/**
 * Opens the directory in the SQLite database at `path`, made when absent. One process at a time, one connection on the
 * calling thread: changes are rare, each costs an fsync (`synchronous=FULL`), and reads never reach the database.
 */
export function openSqliteDirectory(path: string, { sealer, onFatal }: DirectoryOptions): Directory {
  prepareDatabase(path, DIRECTORY_MIGRATIONS);
  const database = new Database(path, 'write');
  database.exec('PRAGMA synchronous = FULL');
  const tenant = ensureTenant(database);
  let current: DirectorySnapshot = readSnapshot(database, tenant, 1);
  const change = <T>(work: () => T): T => {
    const result = inTransaction(database, work, onFatal);
    current = readSnapshot(database, tenant, current.authEpoch + 1);
    return result;
  };
  const snapshot = () => current;
  const connection = { database, sealer, change };
  return {
    snapshot,
    ...principals(connection, snapshot),
    ...userOperations(database, change, snapshot),
    ...federationOperations(database, change, snapshot),
    ...managedOperations(database, change, snapshot),
    ...operations(connection, tenant),
  };
}

type People = ReturnType<typeof userOperations> &
  ReturnType<typeof federationOperations> &
  ReturnType<typeof managedOperations>;
type Principals = Pick<Directory, 'createServicePrincipal' | 'rotateServicePrincipal'>;

function principals({ database, change }: Connection, snapshot: () => DirectorySnapshot): Principals {
  const putNew = (clientId: string, when: { readonly nowMs: number; readonly expiresMs?: number }): string => {
    const secret = newSecret();
    putSecret(database, { principal: { kind: 'service-principal', clientId }, slot: 'secret', secret, ...when });
    return secret;
  };
  return {
    createServicePrincipal: async (displayName, nowMs) => {
      const [clientId, secret] = change(() => {
        const id = addServicePrincipal(database, { displayName, role: 'member', nowMs });
        return [id, putNew(id, { nowMs })] as const;
      });
      const principal = snapshot().servicePrincipal(clientId);
      if (principal === undefined) throw new TypeError('a principal just made is there');
      return { principal, secret };
    },
    rotateServicePrincipal: async (clientId, when) =>
      snapshot().servicePrincipal(clientId) === undefined ? undefined : change(() => putNew(clientId, when)),
  };
}

function operations(
  { database, sealer, change }: Connection,
  tenant: Tenant,
): Omit<Directory, 'snapshot' | keyof Principals | keyof People> {
  const connection = { database, sealer, change };
  return {
    ensureOwner: async (request) => ensureOwner(connection, tenant, request),
    rotateOwnerSecret: async (request) => putOwnerSecret(connection, tenant, request),
    removeServicePrincipal: async (clientId) => removeServicePrincipal(connection, clientId),
    ensureRegistry: async (name, nowMs) => uidOf(database, name) ?? change(() => addRegistry(database, name, nowMs)),
    adoptRegistry: async ({ uid, name, nowMs, passwords = {} }) => {
      if (uidOf(database, name) === uid) return;
      change(() => {
        database.run('DELETE FROM registry WHERE name = ? OR uid = ?', name, uid);
        database.run('INSERT INTO registry VALUES (?, ?, ?)', uid, name, nowMs);
        const principal = { kind: 'admin-user', registry: uid } as const;
        for (const [slot, secret] of entriesOf(passwords))
          putSecret(database, { principal, slot, secret, sealer, nowMs });
      });
    },
    removeRegistry: async (uid) => void change(() => database.run('DELETE FROM registry WHERE uid = ?', uid)),
    adminPasswords: async (registry, nowMs) => ensureAdminPasswords(connection, registry, nowMs),
    regenerateAdminPassword: async (registry, slot, nowMs) => {
      const principal = { kind: 'admin-user', registry } as const;
      change(() => putSecret(database, { principal, slot, secret: newSecret(), sealer, nowMs }));
      return ensureAdminPasswords(connection, registry, nowMs);
    },
    reseal: async () => change(() => resealSecrets(database, sealer)),
    generateTokenPassword: async ({ registry, token, slot, expiresMs, nowMs }) => {
      const principal = { kind: 'registry-token', registry, name: token } as const;
      const secret = newSecret();
      change(() => putSecret(database, { principal, slot, secret, nowMs, expiresMs }));
      return secret;
    },
    removeTokenPasswords: async (registry, name, slot) => {
      const principal = formatPrincipal({ kind: 'registry-token', registry, name });
      change(() =>
        database.run(
          'DELETE FROM credential WHERE principal = ?1 AND slot = ifnull(?2, slot)',
          principal,
          slot ?? null,
        ),
      );
    },
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}

function ensureTenant(database: Database): Tenant {
  database.run('INSERT OR IGNORE INTO tenant VALUES (1, ?, ?)', randomUUID(), randomUUID());
  const tenant = database.get<Tenant>('SELECT tenant_id, subscription_id FROM tenant');
  if (tenant === undefined) throw new TypeError('a row just inserted is there');
  return tenant;
}

function ensureOwner(connection: Connection, tenant: Tenant, request: OwnerRequest): Owner {
  const { database, sealer } = connection;
  const clientId = ownerOf(database);
  if (clientId === undefined) return putOwnerSecret(connection, tenant, request);
  const slot = { principal: { kind: 'service-principal', clientId }, slot: 'secret' } as const;
  const clientSecret = request.keepSecret ? openSecret(database, sealer, slot) : undefined;
  return owner(tenant, clientId, clientSecret);
}

/** Gives the owner a secret, in place of any before; makes the owner when there is none. */
function putOwnerSecret({ database, sealer, change }: Connection, tenant: Tenant, request: OwnerRequest): Owner {
  const secret = newSecret();
  const clientId = change(() => {
    const id = ownerOf(database) ?? addOwner(database, request.nowMs);
    const principal: Principal = { kind: 'service-principal', clientId: id };
    const keep = request.keepSecret ? { sealer } : {};
    putSecret(database, { principal, slot: 'secret', secret, nowMs: request.nowMs, ...keep });
    return id;
  });
  return owner(tenant, clientId, secret);
}

function owner(tenant: Tenant, clientId: string, clientSecret: string | undefined): Owner {
  const known = { tenantId: tenant.tenant_id, subscriptionId: tenant.subscription_id, clientId };
  return clientSecret === undefined ? known : { ...known, clientSecret };
}

function ownerOf(database: Database): string | undefined {
  return database.get<{ client_id: string }>("SELECT client_id FROM service_principal WHERE role = 'owner'")?.client_id;
}

function addOwner(database: Database, nowMs: number): string {
  return addServicePrincipal(database, { displayName: 'owner', role: 'owner', nowMs });
}

interface Added {
  readonly displayName: string;
  readonly role: 'owner' | 'member';
  readonly nowMs: number;
}

function addServicePrincipal(database: Database, { displayName, role, nowMs }: Added): string {
  const clientId = randomUUID();
  const ids = [clientId, randomUUID(), randomUUID()];
  database.run('INSERT INTO service_principal VALUES (?, ?, ?, ?, ?, ?)', ...ids, displayName, role, nowMs);
  return clientId;
}

function removeServicePrincipal({ database, change }: Connection, clientId: string): boolean {
  const principal = formatPrincipal({ kind: 'service-principal', clientId });
  const known = database.get("SELECT 1 FROM service_principal WHERE client_id = ? AND role = 'member'", clientId);
  if (known === undefined) return false;
  change(() => {
    database.run('DELETE FROM service_principal WHERE client_id = ?', clientId);
    database.run('DELETE FROM credential WHERE principal = ?', principal);
  });
  return true;
}

function uidOf(database: Database, name: string): string | undefined {
  return database.get<{ uid: string }>('SELECT uid FROM registry WHERE name = ?', name)?.uid;
}

function addRegistry(database: Database, name: string, nowMs: number): string {
  const uid = randomUUID();
  database.run('INSERT INTO registry VALUES (?, ?, ?)', uid, name, nowMs);
  return uid;
}

function entriesOf(passwords: Partial<AdminPasswords>): readonly (readonly [AdminSlot, string])[] {
  const { password, password2 } = passwords;
  return [
    ...(password === undefined ? [] : [['password', password] as const]),
    ...(password2 === undefined ? [] : [['password2', password2] as const]),
  ];
}

function ensureAdminPasswords(connection: Connection, registry: string, nowMs: number): AdminPasswords {
  return {
    password: ensureAdminPassword(connection, registry, 'password', nowMs),
    password2: ensureAdminPassword(connection, registry, 'password2', nowMs),
  };
}

function ensureAdminPassword(connection: Connection, registry: string, slot: AdminSlot, nowMs: number): string {
  const { database, sealer, change } = connection;
  const principal = { kind: 'admin-user', registry } as const;
  const kept = openSecret(database, sealer, { principal, slot });
  if (kept !== undefined) return kept;
  const secret = newSecret();
  change(() => putSecret(database, { principal, slot, secret, sealer, nowMs }));
  return secret;
}
