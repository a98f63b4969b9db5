import { randomUUID } from 'node:crypto';
import { formatPrincipal } from '../../access/principal.ts';
import type { Database } from '../../sqlite/database.ts';
import type { Directory, DirectorySnapshot, User } from '../port.ts';
import { newSecret } from '../secret.ts';
import { putSecret } from './credential-table.ts';

interface Row {
  readonly object_id: string;
  readonly name: string;
  readonly display_name: string;
  readonly created_ms: number;
}

/** Every user by object id, the oldest first. */
export function readUsers(database: Database): ReadonlyMap<string, User> {
  const rows = database.all<Row>('SELECT * FROM user ORDER BY created_ms, object_id');
  return new Map(
    rows.map(({ object_id, name, display_name, created_ms }) => [
      object_id,
      { objectId: object_id, userPrincipalName: name, displayName: display_name, createdMs: created_ms },
    ]),
  );
}

/** What is done with users. */
export function userOperations(
  database: Database,
  change: <T>(work: () => T) => T,
  snapshot: () => DirectorySnapshot,
): Pick<Directory, 'createUser' | 'rotateUser' | 'removeUser'> {
  const putNew = (objectId: string, nowMs: number): string => {
    const secret = newSecret();
    putSecret(database, { principal: { kind: 'user', objectId }, slot: 'password', secret, nowMs });
    return secret;
  };
  return {
    createUser: async ({ userPrincipalName, displayName, createdMs }) => {
      if (snapshot().userNamed(userPrincipalName) !== undefined) return undefined;
      const user = {
        objectId: randomUUID(),
        userPrincipalName: userPrincipalName.toLowerCase(),
        displayName,
        createdMs,
      };
      const password = change(() => {
        database.run(
          'INSERT INTO user VALUES (?, ?, ?, ?)',
          user.objectId,
          user.userPrincipalName,
          displayName,
          createdMs,
        );
        return putNew(user.objectId, createdMs);
      });
      return { user, password };
    },
    rotateUser: async (objectId, nowMs) =>
      snapshot().user(objectId) === undefined ? undefined : change(() => putNew(objectId, nowMs)),
    removeUser: async (objectId) => {
      if (snapshot().user(objectId) === undefined) return false;
      change(() => {
        database.run('DELETE FROM user WHERE object_id = ?', objectId);
        database.run('DELETE FROM credential WHERE principal = ?', formatPrincipal({ kind: 'user', objectId }));
      });
      return true;
    },
  };
}
