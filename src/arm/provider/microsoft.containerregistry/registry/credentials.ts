import type { JsonObject } from '../../../../azure/json.ts';
import type { StoredResource } from '../../../../state/port.ts';
import { type AdminPasswords, type Listed, refused, type Refused, type VerbContext } from '../../../verb.ts';
import { settingsOf } from './settings.ts';

/** `listCredentials` in a template: the passwords of the admin user, also of a registry that the template makes. */
export function listCredentials({ secrets }: VerbContext, registry: StoredResource): Listed | Refused {
  const { name, uid, properties } = registry;
  if (!settingsOf(registry).adminUserEnabled)
    return refused({
      code: 'UnAuthorizedForCredentialOperations',
      message: `Cannot perform credential operations for ${registry.id} as admin user is disabled. Kindly enable the admin user: adminUserEnabled of the registry.`,
    });
  const kept = secrets?.kept(uid);
  if (kept !== undefined) return listed(name, kept, []);
  const made = secrets?.made(uid);
  if (made === undefined)
    return refused({ code: 'InvalidTemplate', message: 'Passwords are told to deployments alone, not here.' });
  const resource = { ...registry, properties: { ...properties, sealedPasswords: made.sealed } };
  return listed(name, made.passwords, [{ kind: 'put', resource }]);
}

function listed(username: string, passwords: AdminPasswords, changes: Listed['changes']): Listed {
  const json = { username, passwords: Object.entries(passwords).map(([name, value]) => ({ name, value })) };
  return { kind: 'listed', json, changes };
}

/** The passwords that a registry was made with, sealed: whoever keeps passwords takes them from here. */
export function sealedPasswords(registry: Pick<StoredResource, 'properties'> | undefined): JsonObject {
  const sealed = registry?.properties['sealedPasswords'];
  return typeof sealed === 'string' ? { sealedPasswords: sealed } : {};
}
