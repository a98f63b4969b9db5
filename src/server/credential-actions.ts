import { type ArmAuthentication, verifyArmToken } from '../auth/arm-token.ts';
import type { AuthServices } from '../auth/services.ts';
import type { AdminSlot, Directory, TokenSlot } from '../directory/port.ts';
import { readBody } from '../http/incoming.ts';
import { type Reply, okJson, refuseArm } from '../http/reply.ts';
import type { RawParameters } from '../http/router.ts';
import { isJsonObject, type JsonObject } from '../oci/descriptor.ts';
import type { ControlRoute } from './control-plane.ts';
import type { Exchange } from './respond.ts';
import type { ServedRegistry, Snapshot } from './snapshot.ts';

/** What the credential actions work with. */
export interface CredentialServices {
  readonly auth: AuthServices;
  readonly directory: Directory;
  readonly snapshot: () => Snapshot;
  readonly now: () => number;
}

/** The largest body of an action, in bytes. */
const MAX_BODY = 64 * 1024;
const REGISTRY =
  '/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/registries/{registry}';

/** An action on one registry whose body has been read. */
type Action = (services: CredentialServices, registry: ServedRegistry, body: JsonObject) => Promise<Reply>;

/** The actions on the passwords of a registry's admin user and tokens (facts/acr.md §3.3, §4.3). */
export function credentialRoutes(services: CredentialServices): readonly ControlRoute[] {
  const post = (action: string, run: Action): ControlRoute => ({
    spec: `arm-${action}`,
    method: 'POST',
    path: `${REGISTRY}/${action}`,
    handle: (exchange, parameters) => act(services, exchange, { parameters, run }),
  });
  return [
    post('listCredentials', listCredentials),
    post('regenerateCredential', regenerateCredential),
    post('generateCredentials', generateCredentials),
  ];
}

async function act(
  services: CredentialServices,
  exchange: Exchange,
  { parameters, run }: { readonly parameters: RawParameters; readonly run: Action },
): Promise<Reply> {
  const who = await verifyArmToken(services.auth, exchange.incoming.headers.authorization, services.now());
  if (who.kind === 'principal') exchange.principal = `service-principal/${who.principal.clientId}`;
  const refusal = refuseUnlessOwner(who);
  if (refusal !== undefined) return refusal;
  if (exchange.incoming.query.get('api-version') === null)
    return refuseArm({
      code: 'MissingApiVersionParameter',
      message: 'The api-version query parameter (?api-version=) is required for all requests.',
    });
  const registry = findRegistry(services, parameters);
  if (registry === undefined)
    return refuseArm({
      code: 'ResourceNotFound',
      message: `The Resource 'Microsoft.ContainerRegistry/registries/${parameters['registry'] ?? ''}' was not found.`,
    });
  const body = await readJson(exchange);
  return body === undefined
    ? invalid('The request content was invalid and could not be deserialized: it is not a JSON object.')
    : run(services, registry, body);
}

/** The refusal of who is not the owner; `undefined` for the owner. */
export function refuseUnlessOwner(who: ArmAuthentication): Reply | undefined {
  switch (who.kind) {
    case 'anonymous':
      return refuseArm(
        { code: 'AuthenticationFailed', message: "Authentication failed. The 'Authorization' header is missing." },
        { 'www-authenticate': 'Bearer' },
      );
    case 'rejected':
      return refuseArm(
        { code: 'AuthenticationFailed', message: `Authentication failed: ${who.message}` },
        { 'www-authenticate': 'Bearer error="invalid_token"' },
      );
    case 'principal':
      return who.principal.role === 'owner'
        ? undefined
        : refuseArm({
            code: 'AuthorizationFailed',
            message: 'The client does not have authorization to perform this action.',
          });
  }
}

function findRegistry(
  { snapshot, directory }: CredentialServices,
  parameters: RawParameters,
): ServedRegistry | undefined {
  if (parameters['subscription']?.toLowerCase() !== directory.snapshot().subscriptionId) return undefined;
  const name = parameters['registry']?.toLowerCase();
  return [...snapshot().registries.values()].find((registry) => registry.settings.name === name);
}

/** The body as an object; an empty body is an empty object, as clients of `listCredentials` send it. */
async function readJson(exchange: Exchange): Promise<JsonObject | undefined> {
  const body = await readBody(exchange.incoming, MAX_BODY);
  if (body.kind !== 'read') return undefined;
  if (body.bytes.length === 0) return {};
  try {
    const json: unknown = JSON.parse(body.bytes.toString('utf8'));
    return isJsonObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

const listCredentials: Action = async ({ directory, now }, { settings, view }) => {
  if (!view.adminUserEnabled) return refuseAdmin(settings.name);
  return okJson(adminJson(settings.name, await directory.adminPasswords(settings.uid, now())));
};

const regenerateCredential: Action = async ({ directory, now }, { settings, view }, body) => {
  if (!view.adminUserEnabled) return refuseAdmin(settings.name);
  const slot = parseAdminSlot(body['name']);
  if (slot === undefined) return invalid(`name is ${text(body['name'])}, must be password or password2.`, 'name');
  return okJson(adminJson(settings.name, await directory.regenerateAdminPassword(settings.uid, slot, now())));
};

const generateCredentials: Action = async ({ directory, now }, { settings, view }, body) => {
  const token = tokenName(body['tokenId']);
  if (!view.tokens.has(token))
    return invalid(`tokenId is ${text(body['tokenId'])}, and this registry has no such token.`, 'tokenId');
  const slots = parseTokenSlots(body['name']);
  if (slots === undefined)
    return invalid(`name is ${text(body['name'])}, must be password1 or password2, or absent for both.`, 'name');
  const expiry = parseExpiry(body['expiry'], now());
  if (expiry === undefined)
    return invalid(`expiry is ${text(body['expiry'])}, must be a time to come such as 2030-01-01T00:00:00Z.`, 'expiry');
  const passwords = [];
  for (const slot of slots) {
    const nowMs = now();
    const value = await directory.generateTokenPassword({ registry: settings.uid, token, slot, nowMs, ...expiry });
    passwords.push({ name: slot, value, creationTime: time(nowMs), ...expiryJson(expiry) });
  }
  return okJson({ username: token, passwords });
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

function adminJson(username: string, passwords: Readonly<Record<AdminSlot, string>>): object {
  return { username, passwords: Object.entries(passwords).map(([name, value]) => ({ name, value })) };
}

function refuseAdmin(name: string): Reply {
  const message = `Cannot perform credential operations for ${name} as admin user is disabled. Kindly enable the admin user: adminUserEnabled of the registry.`;
  return refuseArm({ code: 'UnAuthorizedForCredentialOperations', message });
}

function invalid(message: string, target?: string): Reply {
  return refuseArm({ code: 'InvalidRequestContent', message, ...(target === undefined ? {} : { target }) });
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
