import { readFilter } from '../arm/filter.ts';
import type { JsonObject } from '../azure/json.ts';
import type { ServicePrincipal, User } from '../directory/port.ts';
import { createdJson, noContent, okJson, type Reply, refuseArm } from '../http/reply.ts';
import type { RawParameters } from '../http/router.ts';
import type { ControlRoute } from './control-plane.ts';
import { addFederatedCredential, federatedJson } from './federation-routes.ts';
import { readObject } from './management.ts';
import { type DirectoryServices, ownerRoute } from './owner-route.ts';
import type { Exchange } from './exchange.ts';
import { findUser } from './user-routes.ts';

const ROOT = '/graph/v1.0';
const FIELDS = ['displayName', 'appId', 'id', 'servicePrincipalNames'];
/** OData's way to ask whether one of a list is a text. */
const ANY = /servicePrincipalNames\/any\(\w+:\s*\w+\s+eq\s+('(?:[^']|'')*')\)/gi;

type Run = (exchange: Exchange, parameters: RawParameters) => Promise<Reply>;
const FEDERATED = '/applications/{id}/federatedIdentityCredentials';
type Show = (principal: ServicePrincipal) => JsonObject;

/**
 * The part of Microsoft Graph behind `az ad sp create-for-rbac`, `az ad sp`, `az ad app` and `az role assignment create
 * --assignee`. An application and its service principal are made together here, and go together.
 */
export function graphRoutes(services: DirectoryServices): readonly ControlRoute[] {
  const route = (method: string, path: string, handle: Run): ControlRoute =>
    ownerRoute(services, { spec: 'graph', method, path: `${ROOT}${path}`, handle });
  return [
    ...applicationRoutes(services, route),
    ...servicePrincipalRoutes(services, route),
    route('POST', '/directoryObjects/getByIds', (exchange) => byIds(services, exchange)),
    route('GET', '/users', async (exchange) => listUsers(services, exchange)),
    route('GET', '/users/{id}', async (_, { id = '' }) => {
      const found = findUser(services.directory, id);
      return found === undefined ? notFound(id) : okJson(graphUser(found));
    }),
    // There are no groups.
    route('GET', '/groups', async () => okJson({ value: [] })),
    route('GET', '/groups/{id}', async (_, { id = '' }) => notFound(id)),
  ];
}

type MakeRoute = (method: string, path: string, run: Run) => ControlRoute;

function applicationRoutes(services: DirectoryServices, route: MakeRoute): readonly ControlRoute[] {
  const { directory, now } = services;
  const find = (id: string): ServicePrincipal | undefined =>
    directory
      .snapshot()
      .servicePrincipals()
      .find((one) => one.applicationId === id.toLowerCase());
  return [
    route('GET', '/applications', async (exchange) => list(services, exchange, application)),
    route('POST', '/applications', async (exchange) => {
      const read = await readObject(exchange);
      if ('kind' in read) return read.reply;
      const { displayName, keyCredentials } = read.body;
      if (typeof displayName !== 'string' || displayName === '') return badRequest("'displayName' is required.");
      if (Array.isArray(keyCredentials) && keyCredentials.length > 0)
        return badRequest("'keyCredentials' is not built here: sign in with a secret.");
      const { principal } = await directory.createServicePrincipal(displayName, now());
      return createdJson(application(principal));
    }),
    route('GET', '/applications/{id}', async (_, { id = '' }) => shown(find(id), id, application)),
    route('PATCH', '/applications/{id}', (exchange, { id = '' }) =>
      patchApplication(exchange, { principal: find(id), id }),
    ),
    route('DELETE', '/applications/{id}', async (_, { id = '' }) => remove(services, find(id), id)),
    route('POST', '/applications/{id}/addPassword', (exchange, { id = '' }) =>
      addPassword(services, exchange, { principal: find(id), id }),
    ),
    route('GET', `${FEDERATED}`, async (_, { id = '' }) => {
      const found = find(id);
      if (found === undefined) return notFound(id);
      return okJson({ value: directory.snapshot().federatedCredentials(found.clientId).map(federatedJson) });
    }),
    route('POST', `${FEDERATED}`, async (exchange, { id = '' }) => {
      const read = await readObject(exchange);
      if ('kind' in read) return read.reply;
      const found = find(id);
      return found === undefined
        ? notFound(id)
        : addFederatedCredential(directory, found, { body: read.body, nowMs: now() });
    }),
    route('GET', `${FEDERATED}/{federated}`, async (_, { id = '', federated = '' }) => {
      const own = find(id);
      const all = own === undefined ? [] : directory.snapshot().federatedCredentials(own.clientId);
      const found = all.find((one) => one.id === federated || one.name === federated);
      return found === undefined ? notFound(federated) : okJson(federatedJson(found));
    }),
    route('DELETE', `${FEDERATED}/{federated}`, async (_, { id = '', federated = '' }) => {
      const own = find(id);
      const all = own === undefined ? [] : directory.snapshot().federatedCredentials(own.clientId);
      const found = all.find((one) => one.id === federated || one.name === federated);
      if (own === undefined || found === undefined) return notFound(federated);
      return (await directory.removeFederatedCredential(own.clientId, found.id)) ? noContent() : notFound(federated);
    }),
    // There is one password at a time, which the next one replaces.
    route('POST', '/applications/{id}/removePassword', async (_, { id = '' }) =>
      find(id) === undefined ? notFound(id) : noContent(),
    ),
  ];
}

function servicePrincipalRoutes(services: DirectoryServices, route: MakeRoute): readonly ControlRoute[] {
  const { directory } = services;
  const find = (id: string): ServicePrincipal | undefined =>
    directory
      .snapshot()
      .servicePrincipals()
      .find((one) => one.objectId === id.toLowerCase());
  return [
    route('GET', '/servicePrincipals', async (exchange) => list(services, exchange, servicePrincipal)),
    route('POST', '/servicePrincipals', async (exchange) => {
      const read = await readObject(exchange);
      if ('kind' in read) return read.reply;
      const { appId } = read.body;
      const principal =
        typeof appId === 'string' ? directory.snapshot().servicePrincipal(appId.toLowerCase()) : undefined;
      if (principal === undefined)
        return badRequest(`The appId '${JSON.stringify(appId)}' does not reference a valid application object.`);
      return createdJson(servicePrincipal(principal));
    }),
    route('GET', '/servicePrincipals/{id}', async (_, { id = '' }) => shown(find(id), id, servicePrincipal)),
    route('DELETE', '/servicePrincipals/{id}', async (_, { id = '' }) => remove(services, find(id), id)),
    route('POST', '/servicePrincipals/{id}/addPassword', (exchange, { id = '' }) =>
      addPassword(services, exchange, { principal: find(id), id }),
    ),
  ];
}

function list({ directory }: DirectoryServices, { incoming }: Exchange, show: Show): Reply {
  const all = directory.snapshot().servicePrincipals();
  const text = incoming.query.get('$filter');
  if (text === null) return okJson({ value: all.map(show) });
  const read = readFilter(text.replaceAll(ANY, 'servicePrincipalNames eq $1'), FIELDS);
  if (read.kind === 'refused') return badRequest(read.error.message);
  const value = all.map(show).filter((one) =>
    read.filter((field) => {
      const name = FIELDS.find((known) => known.toLowerCase() === field);
      const found = name === 'servicePrincipalNames' ? one['appId'] : one[name ?? ''];
      return typeof found === 'string' ? found : undefined;
    }),
  );
  return okJson({ value });
}

function listUsers({ directory }: DirectoryServices, { incoming }: Exchange): Reply {
  const all = directory.snapshot().users().map(graphUser);
  const text = incoming.query.get('$filter');
  if (text === null) return okJson({ value: all });
  const read = readFilter(text, ['userPrincipalName', 'displayName', 'id', 'mail']);
  if (read.kind === 'refused') return badRequest(read.error.message);
  const of = (user: JsonObject, field: string): string | undefined => {
    const found = Object.entries(user).find(([name]) => name.toLowerCase() === field)?.[1];
    return typeof found === 'string' ? found : undefined;
  };
  return okJson({ value: all.filter((user) => read.filter((field) => of(user, field))) });
}

function graphUser({ objectId, userPrincipalName, displayName }: User): JsonObject {
  return { id: objectId, userPrincipalName, displayName, mail: null, businessPhones: [] };
}

async function byIds({ directory }: DirectoryServices, exchange: Exchange): Promise<Reply> {
  const read = await readObject(exchange);
  if ('kind' in read) return read.reply;
  const { ids } = read.body;
  const asked: readonly unknown[] = Array.isArray(ids) ? ids : [];
  const found = directory
    .snapshot()
    .servicePrincipals()
    .filter(({ objectId }) => asked.includes(objectId));
  const users = directory
    .snapshot()
    .users()
    .filter(({ objectId }) => asked.includes(objectId));
  return okJson({
    value: [
      ...found.map((one) => ({ '@odata.type': '#microsoft.graph.servicePrincipal', ...servicePrincipal(one) })),
      ...users.map((one) => ({ '@odata.type': '#microsoft.graph.user', ...graphUser(one) })),
    ],
  });
}

async function addPassword(
  { directory, now }: DirectoryServices,
  exchange: Exchange,
  { principal, id }: { readonly principal: ServicePrincipal | undefined; readonly id: string },
): Promise<Reply> {
  const read = await readObject(exchange);
  if ('kind' in read) return read.reply;
  if (principal === undefined) return notFound(id);
  const given = read.body['passwordCredential'];
  const credential: JsonObject =
    typeof given === 'object' && given !== null && !Array.isArray(given) ? (given as JsonObject) : {};
  const { displayName, endDateTime } = credential;
  const expiresMs = typeof endDateTime === 'string' ? Date.parse(endDateTime) : undefined;
  if (expiresMs !== undefined && !(expiresMs > now()))
    return badRequest(`The value ${JSON.stringify(endDateTime)} of 'endDateTime' is not a time to come.`);
  const nowMs = now();
  const secretText = await directory.rotateServicePrincipal(principal.clientId, {
    nowMs,
    ...(expiresMs === undefined ? {} : { expiresMs }),
  });
  if (secretText === undefined) return notFound(id);
  const hint = secretText.slice(0, 3);
  return okJson({
    keyId: principal.applicationId,
    displayName: displayName ?? null,
    startDateTime: new Date(nowMs).toISOString(),
    endDateTime: endDateTime ?? null,
    hint,
    secretText,
  });
}

/** `az ad sp create-for-rbac` of a name that is there writes it again: what says nothing new is taken, the rest refused by name. */
async function patchApplication(
  exchange: Exchange,
  { principal, id }: { readonly principal: ServicePrincipal | undefined; readonly id: string },
): Promise<Reply> {
  const read = await readObject(exchange);
  if ('kind' in read) return read.reply;
  if (principal === undefined) return notFound(id);
  const is = application(principal);
  const changed = Object.entries(read.body).find(
    ([name, value]) => !isEmpty(value) && JSON.stringify(value) !== JSON.stringify(is[name]),
  );
  if (changed === undefined) return noContent();
  const [name, value] = changed;
  return badRequest(
    `The value ${JSON.stringify(value)} of '${name}' is not allowed: applications cannot be changed here; make another one.`,
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

async function remove(
  { directory }: DirectoryServices,
  principal: ServicePrincipal | undefined,
  id: string,
): Promise<Reply> {
  if (principal === undefined) return notFound(id);
  return (await directory.removeServicePrincipal(principal.clientId))
    ? noContent()
    : badRequest('The owner of this server cannot be removed.');
}

function shown(principal: ServicePrincipal | undefined, id: string, show: Show): Reply {
  return principal === undefined ? notFound(id) : okJson(show(principal));
}

const application: Show = ({ applicationId, clientId, displayName, createdMs }) => ({
  id: applicationId,
  appId: clientId,
  displayName,
  createdDateTime: new Date(createdMs).toISOString(),
  signInAudience: 'AzureADMyOrg',
  identifierUris: [],
  passwordCredentials: [],
  keyCredentials: [],
});

const servicePrincipal: Show = ({ objectId, clientId, displayName, createdMs }) => ({
  id: objectId,
  appId: clientId,
  displayName,
  appDisplayName: displayName,
  createdDateTime: new Date(createdMs).toISOString(),
  servicePrincipalType: 'Application',
  accountEnabled: true,
  servicePrincipalNames: [clientId],
  passwordCredentials: [],
  keyCredentials: [],
});

function notFound(id: string): Reply {
  const message = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`;
  return refuseArm({ code: 'Request_ResourceNotFound', message });
}

function badRequest(message: string): Reply {
  return refuseArm({ code: 'Request_BadRequest', message });
}
