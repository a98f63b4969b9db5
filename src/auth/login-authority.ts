import type { Incoming } from '../http/incoming.ts';
import { okToken, refuseOauth } from '../http/oauth-reply.ts';
import type { Reply } from '../http/reply.ts';
import { matchSecret } from '../directory/secret.ts';
import type { ServicePrincipal } from '../directory/port.ts';
import { type ClientCredentials, readClientCredentials } from './client-credentials.ts';
import type { Identity } from './identity.ts';
import { checkIdentity } from './rights.ts';
import { audiencesOf, type AuthServices, issuerOf } from './services.ts';
import { signArmToken } from './sign-token.ts';
import { wrongTenant } from './tenant.ts';
import { ARM_TOKEN_LIFETIME_MS } from './token-claims.ts';

/** Answers `POST /{tenant}/oauth2/v2.0/token` and `POST /adfs/oauth2/token`: a token for a client that shows its secret (RFC 6749 §4.4). */
export async function answerAuthorityToken(
  services: AuthServices,
  incoming: Incoming,
  tenant: string,
  nowMs: number,
): Promise<Reply> {
  const wrong = wrongTenant(services, tenant);
  if (wrong !== undefined) return wrong;
  const read = await readClientCredentials(incoming);
  if (read.kind === 'refused') return refuseOauth(read.error);
  const { request } = read;
  if (!audiencesOf(services).includes(request.resource)) return wrongResource(services, request.resource);
  const client = findClient(services, request, nowMs);
  return client === undefined ? wrongClient() : issue(services, client, request.resource, nowMs);
}

interface Client {
  readonly principal: ServicePrincipal;
  readonly identity: Identity;
}

function findClient({ directory }: AuthServices, request: ClientCredentials, nowMs: number): Client | undefined {
  const now = directory.snapshot();
  const clientId = request.clientId.toLowerCase();
  const who = { kind: 'service-principal', clientId } as const;
  const credential = matchSecret(now.credentials(who), request.clientSecret);
  const principal = now.servicePrincipal(clientId);
  if (principal === undefined || credential === undefined) return undefined;
  const identity = { principal: who, credential: { slot: credential.slot, version: credential.version } };
  return checkIdentity(identity, now, nowMs) === undefined ? { principal, identity } : undefined;
}

async function issue(services: AuthServices, client: Client, audience: string, nowMs: number): Promise<Reply> {
  const lifetime = ARM_TOKEN_LIFETIME_MS / 1000;
  const accessToken = await signArmToken({
    keys: services.keys,
    issuer: issuerOf(services),
    audience,
    tenantId: services.directory.snapshot().tenantId,
    clientId: client.principal.clientId,
    objectId: client.principal.objectId,
    identity: client.identity,
    nowMs,
  });
  return okToken({
    token_type: 'Bearer',
    expires_in: lifetime,
    ext_expires_in: lifetime,
    access_token: accessToken,
  });
}

function wrongResource(services: AuthServices, resource: string): Reply {
  const known = audiencesOf(services).join(', ');
  const description = `The resource principal named ${resource} was not found in the tenant. There are ${known}.`;
  return refuseOauth({ error: 'invalid_resource', code: 500011, description });
}

function wrongClient(): Reply {
  const description = 'No application has this client id and client secret. Check both, or rotate the secret.';
  return refuseOauth({ error: 'invalid_client', code: 7000215, description });
}
