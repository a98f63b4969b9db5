import type { ServicePrincipal } from '../directory/port.ts';
import { createdJson, noContent, okJson, type Reply, refuseArm } from '../http/reply.ts';
import type { RawParameters } from '../http/router.ts';
import type { ControlRoute } from './control-plane.ts';
import { readObject } from './management.ts';
import { type DirectoryServices, ownerRoute } from './owner-route.ts';
import type { Exchange } from './exchange.ts';
import { addFederatedCredential } from './federation-routes.ts';
import { createUser, findUser, rotateUser, userJson } from './user-routes.ts';

const PATH = '/seawall/principals';

/** The routes behind `seawall principal`: for the owner alone. */
export function principalRoutes(services: DirectoryServices): readonly ControlRoute[] {
  const { directory, now } = services;
  const route = (
    method: string,
    path: string,
    run: (exchange: Exchange, parameters: RawParameters) => Promise<Reply>,
  ): ControlRoute => ownerRoute(services, { spec: 'principals', method, path, handle: run });
  const withSecret = (principal: ServicePrincipal, secret: string): object => ({ ...shown(principal), secret });
  return [
    route('GET', PATH, async () => {
      const snapshot = directory.snapshot();
      return okJson({ value: [...snapshot.servicePrincipals().map(shown), ...snapshot.users().map(userJson)] });
    }),
    route('POST', PATH, async (exchange) => {
      const read = await readObject(exchange);
      if ('kind' in read) return read.reply;
      const { displayName, userPrincipalName } = read.body;
      if (userPrincipalName !== undefined) return createUser(directory, read.body, now());
      if (typeof displayName !== 'string' || displayName === '' || displayName.length > 120)
        return refuseArm({
          code: 'InvalidRequestContent',
          target: 'displayName',
          message: `The value ${JSON.stringify(displayName)} of 'displayName' is not allowed: it must have 1 to 120 characters.`,
        });
      const made = await directory.createServicePrincipal(displayName, now());
      return createdJson(withSecret(made.principal, made.secret));
    }),
    route('POST', `${PATH}/{client}/federate`, async (exchange, { client = '' }) => {
      const read = await readObject(exchange);
      if ('kind' in read) return read.reply;
      const principal = directory.snapshot().servicePrincipal(client.toLowerCase());
      if (principal === undefined) return unknown(client);
      return addFederatedCredential(directory, principal, { body: read.body, nowMs: now() });
    }),
    route('POST', `${PATH}/{client}/rotate`, async (_, { client = '' }) => {
      const user = findUser(directory, client);
      if (user !== undefined) return (await rotateUser(directory, user, now())) ?? unknown(client);
      const principal = directory.snapshot().servicePrincipal(client.toLowerCase());
      if (principal === undefined) return unknown(client);
      const secret = await directory.rotateServicePrincipal(principal.clientId, { nowMs: now() });
      return secret === undefined ? unknown(client) : okJson(withSecret(principal, secret));
    }),
    route('DELETE', `${PATH}/{client}`, async (_, { client = '' }) => {
      const user = findUser(directory, client);
      const removed =
        user === undefined
          ? await directory.removeServicePrincipal(client.toLowerCase())
          : await directory.removeUser(user.objectId);
      return removed ? noContent() : unknown(client);
    }),
  ];
}

function shown({ clientId, objectId, displayName, createdMs }: ServicePrincipal): object {
  return { displayName, clientId, objectId, createdTime: new Date(createdMs).toISOString() };
}

function unknown(client: string): Reply {
  return refuseArm({
    code: 'Request_ResourceNotFound',
    message: `There is no service principal with the client id, and no user with the name, '${client}' that could be changed; see: seawall principal list`,
  });
}
