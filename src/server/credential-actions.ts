import type { ArmEffect, EffectOutcome } from '../arm/effect.ts';
import { withPasswords } from '../arm/provider/microsoft.containerregistry/child/token.ts';
import type { JsonObject } from '../azure/json.ts';
import { keyOfId } from '../azure/resource-id.ts';
import type { AdminSlot, Directory, TokenSlot } from '../directory/port.ts';
import type { StateWriter, StoredResource } from '../state/port.ts';
import type { ServedRegistry, Snapshot } from './snapshot.ts';

/** What the credential actions work with. */
export interface CredentialServices {
  readonly directory: Directory;
  readonly state: StateWriter;
  readonly snapshot: () => Snapshot;
  readonly now: () => number;
}

const REGISTRY = 'Microsoft.ContainerRegistry/registries';

/** An action on one registry. */
type Action = (
  services: CredentialServices,
  registry: ServedRegistry,
  asked: { readonly body: JsonObject; readonly resource: StoredResource },
) => Promise<EffectOutcome>;

/** The actions on the passwords of a registry's admin user and tokens (facts/acr.md §3.3, §4.3). */
export function credentialEffects(services: CredentialServices): readonly ArmEffect[] {
  const effect = (name: string, run: Action): ArmEffect => ({
    type: REGISTRY,
    name,
    method: 'POST',
    run: ({ resource, body }) => {
      const registry = [...services.snapshot().registries.values()].find(
        ({ settings }) => settings.uid === resource.uid,
      );
      return registry === undefined
        ? Promise.resolve(gone(resource.name))
        : run(services, registry, { body, resource });
    },
  });
  return [
    effect('listCredentials', listCredentials),
    effect('regenerateCredential', regenerateCredential),
    effect('generateCredentials', generateCredentials),
  ];
}

function gone(name: string): EffectOutcome {
  const message = `The Resource 'Microsoft.ContainerRegistry/registries/${name}' was not found.`;
  return { kind: 'refused', error: { code: 'ResourceNotFound', message } };
}

const listCredentials: Action = async ({ directory, now }, { settings, view }) => {
  if (!view.adminUserEnabled) return refuseAdmin(settings.name);
  return answered(adminJson(settings.name, await directory.adminPasswords(settings.uid, now())));
};

const regenerateCredential: Action = async ({ directory, now }, { settings, view }, { body }) => {
  if (!view.adminUserEnabled) return refuseAdmin(settings.name);
  const slot = parseAdminSlot(body['name']);
  if (slot === undefined) return invalid(`name is ${text(body['name'])}, must be password or password2.`, 'name');
  return answered(adminJson(settings.name, await directory.regenerateAdminPassword(settings.uid, slot, now())));
};

const generateCredentials: Action = async ({ directory, state, now }, { settings, view }, { body, resource }) => {
  const token = tokenName(body['tokenId']);
  if (!view.tokens.has(token))
    return invalid(`tokenId is ${text(body['tokenId'])}, and this registry has no such token.`, 'tokenId');
  const slots = parseTokenSlots(body['name']);
  if (slots === undefined)
    return invalid(`name is ${text(body['name'])}, must be password1 or password2, or absent for both.`, 'name');
  const expiry = parseExpiry(body['expiry'], now());
  if (expiry === undefined)
    return invalid(`expiry is ${text(body['expiry'])}, must be a time to come such as 2030-01-01T00:00:00Z.`, 'expiry');
  const nowMs = now();
  const shown = slots.map((name) => ({ name, creationTime: time(nowMs), ...expiryJson(expiry) }));
  // First where it is listed: what is listed nowhere is forgotten (token-passwords.ts).
  await state.commit((current) => {
    const kept = current.get(keyOfId(`${resource.id}/tokens/${token}`));
    return {
      value: undefined,
      changes: kept === undefined ? [] : [{ kind: 'put', resource: withPasswords(kept, shown) }],
    };
  });
  const passwords = [];
  for (const one of shown) {
    const asked = { registry: settings.uid, token, slot: one.name, nowMs, ...expiry };
    passwords.push({ ...one, value: await directory.generateTokenPassword(asked) });
  }
  return answered({ username: token, passwords });
};

/** The time a password ends, where one was asked for. */
interface Expiry {
  readonly expiresMs?: number;
}

function parseExpiry(value: unknown, nowMs: number): Expiry | undefined {
  if (value === undefined || value === null) return {};
  const expiresMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return expiresMs > nowMs ? { expiresMs } : undefined;
}

function expiryJson({ expiresMs }: Expiry): { readonly expiry?: string } {
  return expiresMs === undefined ? {} : { expiry: time(expiresMs) };
}

/** The name at the end of a token's resource id. */
function tokenName(tokenId: unknown): string {
  return typeof tokenId === 'string' ? tokenId.slice(tokenId.lastIndexOf('/') + 1) : '';
}

function text(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value).slice(0, 300);
}

function parseAdminSlot(value: unknown): AdminSlot | undefined {
  return value === 'password' || value === 'password2' ? value : undefined;
}

function parseTokenSlots(value: unknown): readonly TokenSlot[] | undefined {
  if (value === undefined || value === null) return ['password1', 'password2'];
  return value === 'password1' || value === 'password2' ? [value] : undefined;
}

function adminJson(username: string, passwords: Readonly<Record<AdminSlot, string>>): JsonObject {
  return { username, passwords: Object.entries(passwords).map(([name, value]) => ({ name, value })) };
}

function refuseAdmin(name: string): EffectOutcome {
  const message = `Cannot perform credential operations for ${name} as admin user is disabled. Kindly enable the admin user: adminUserEnabled of the registry.`;
  return { kind: 'refused', error: { code: 'UnAuthorizedForCredentialOperations', message } };
}

function invalid(message: string, target: string): EffectOutcome {
  return { kind: 'refused', error: { code: 'InvalidRequestContent', message, target } };
}

function answered(body: JsonObject): EffectOutcome {
  return { kind: 'answered', body };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
