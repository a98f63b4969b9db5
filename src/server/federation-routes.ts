import type { JsonObject } from '../azure/json.ts';
import type { Directory, FederatedCredential, ServicePrincipal } from '../directory/port.ts';
import { createdJson, type Reply, refuseArm } from '../http/reply.ts';

/** The audience that Azure's clients ask for when nobody says another. */
const AUDIENCE = 'api://AzureADTokenExchange';

/** Lets an outside issuer's statement stand for an application's secret, in the form of Microsoft Graph. */
export async function addFederatedCredential(
  directory: Directory,
  { clientId }: ServicePrincipal,
  { body, nowMs }: { readonly body: JsonObject; readonly nowMs: number },
): Promise<Reply> {
  const { name, issuer, subject, audiences } = body;
  const audience = Array.isArray(audiences) ? audiences[0] : AUDIENCE;
  const error =
    textError('name', name) ??
    (typeof issuer === 'string' && URL.parse(issuer)?.protocol === 'https:'
      ? undefined
      : `'issuer' is ${JSON.stringify(issuer)}, and must be an https URL`) ??
    textError('subject', subject) ??
    (Array.isArray(audiences) && audiences.length !== 1
      ? "'audiences' must have one audience"
      : textError('audiences', audience));
  if (error !== undefined) return badRequest(`${error}.`);
  const made = await directory.addFederatedCredential({
    clientId,
    name: asText(name),
    issuer: asText(issuer),
    subject: asText(subject),
    audience: asText(audience),
    createdMs: nowMs,
  });
  return made === undefined
    ? badRequest(`FederatedIdentityCredential with name ${asText(name)} already exists.`)
    : createdJson(federatedJson(made));
}

/** A federated credential as Microsoft Graph shows it. */
export function federatedJson({ id, name, issuer, subject, audience }: FederatedCredential): JsonObject {
  return { id, name, issuer, subject, audiences: [audience], description: '' };
}

function textError(name: string, value: unknown): string | undefined {
  const isRight = typeof value === 'string' && value !== '' && value.length <= 600;
  return isRight
    ? undefined
    : `'${name}' is ${JSON.stringify(value) ?? 'absent'}, and must be a text of 1 to 600 characters`;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function badRequest(message: string): Reply {
  return refuseArm({ code: 'Request_BadRequest', message });
}
