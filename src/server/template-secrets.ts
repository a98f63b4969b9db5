import { randomBytes } from 'node:crypto';
import { may } from '../arm/authorise.ts';
import { sealedPasswords } from '../arm/provider/microsoft.containerregistry/registry/credentials.ts';
import { settingsOf } from '../arm/provider/microsoft.containerregistry/registry/settings.ts';
import type { AdminPasswords, AdminSecrets } from '../arm/verb.ts';
import type { JsonObject } from '../azure/json.ts';
import type { Directory } from '../directory/port.ts';
import type { StateReader, StoredResource } from '../state/port.ts';
import type { SecretBox } from '../trust/secret-box.ts';

const REGISTRY = 'microsoft.containerregistry/registries';
const LIST = 'Microsoft.ContainerRegistry/registries/listCredentials/action';
const SECRET_BYTES = 39;

/** What secrets of templates come from. */
export interface TemplateSecretServices {
  readonly state: Pick<StateReader, 'view'>;
  readonly directory: Pick<Directory, 'adminPasswords'>;
  readonly box: SecretBox;
  readonly now: () => number;
}

/** The secrets that a deployment may ask for: read before it is decided, as a decision waits for nothing. */
export async function templateSecrets(
  { state, directory, box, now }: TemplateSecretServices,
  body: JsonObject,
  caller: string,
): Promise<AdminSecrets | undefined> {
  if (!/listcredentials/i.test(JSON.stringify(body))) return undefined;
  const view = state.view();
  const registries = view
    .ofType(REGISTRY)
    .filter((one) => settingsOf(one).adminUserEnabled && may(view, caller, LIST, one.key));
  const kept = new Map<string, AdminPasswords>();
  for (const { uid } of registries) kept.set(uid, await directory.adminPasswords(uid, now()));
  const made = new Map<string, ReturnType<AdminSecrets['made']>>();
  return {
    kept: (uid) => kept.get(uid),
    made: (uid) => {
      const known = made.get(uid) ?? newPasswords(box, uid);
      made.set(uid, known);
      return known;
    },
  };
}

function newPasswords(box: SecretBox, uid: string): ReturnType<AdminSecrets['made']> {
  const secret = (): string => randomBytes(SECRET_BYTES).toString('base64url');
  const passwords = { password: secret(), password2: secret() };
  return { passwords, sealed: box.seal(JSON.stringify(passwords), placeOf(uid)) };
}

function placeOf(uid: string): string {
  return `passwords of the registry ${uid}`;
}

/** The passwords that a deployment was told of a registry that it made. */
export function toldPasswords(box: SecretBox, registry: StoredResource): { readonly passwords?: AdminPasswords } {
  const { sealedPasswords: sealed } = sealedPasswords(registry);
  if (typeof sealed !== 'string') return {};
  // What the box opens, this file sealed.
  return { passwords: JSON.parse(box.open(sealed, placeOf(registry.uid))) as AdminPasswords };
}
