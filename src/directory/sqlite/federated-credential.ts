import { randomUUID } from 'node:crypto';
import type { Database } from '../../sqlite/database.ts';
import type { Directory, DirectorySnapshot, FederatedCredential } from '../port.ts';

interface Row {
  readonly id: string;
  readonly client_id: string;
  readonly name: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  readonly created_ms: number;
}

/** Every federated credential, by the client id of its service principal. */
export function readFederatedCredentials(database: Database): ReadonlyMap<string, readonly FederatedCredential[]> {
  const rows = database.all<Row>('SELECT * FROM federated_credential ORDER BY created_ms, id');
  const all = rows.map(({ client_id, created_ms, ...row }) => ({ ...row, clientId: client_id, createdMs: created_ms }));
  return Map.groupBy(all, ({ clientId }) => clientId);
}

/** What is done with federated credentials. */
export function federationOperations(
  database: Database,
  change: <T>(work: () => T) => T,
  snapshot: () => DirectorySnapshot,
): Pick<Directory, 'addFederatedCredential' | 'removeFederatedCredential'> {
  const of = (clientId: string): readonly FederatedCredential[] => snapshot().federatedCredentials(clientId);
  return {
    addFederatedCredential: async (given) => {
      const { clientId, name, issuer, subject, audience, createdMs } = given;
      if (snapshot().servicePrincipal(clientId) === undefined || of(clientId).some((one) => one.name === name))
        return undefined;
      const id = randomUUID();
      change(() =>
        database.run(
          'INSERT INTO federated_credential VALUES (?, ?, ?, ?, ?, ?, ?)',
          id,
          clientId,
          name,
          issuer,
          subject,
          audience,
          createdMs,
        ),
      );
      return { id, ...given };
    },
    removeFederatedCredential: async (clientId, id) => {
      if (!of(clientId).some((one) => one.id === id)) return false;
      change(() => database.run('DELETE FROM federated_credential WHERE id = ?', id));
      return true;
    },
  };
}
