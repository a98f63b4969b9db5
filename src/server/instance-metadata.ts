import type { IncomingMessage, ServerResponse } from 'node:http';
import { type HeldIdentity, identitiesOf } from '../arm/managed-identity.ts';
import { CLUSTERS, platformHosts } from '../arm/platform-host.ts';
import { kubeletIdentity } from '../arm/provider/microsoft.containerservice/managed-cluster.ts';
import { interfaceUser } from '../arm/provider/microsoft.network/interface/user.ts';
import { ipConfigurations } from '../arm/provider/microsoft.network/subnet-user.ts';
import type { AuthServices } from '../auth/services.ts';
import { managedIdentityToken } from '../auth/managed-identity.ts';
import { type Json, type JsonObject, objectOf } from '../azure/json.ts';
import { keyOfId } from '../azure/resource-id.ts';
import type { StateView, StoredResource } from '../state/port.ts';
import { instanceOf } from './instance-document.ts';

/** What telling hosts of themselves works with. */
export interface MetadataServices {
  readonly auth: AuthServices;
  readonly view: () => StateView;
  readonly now: () => number;
}

/** An answer of the service: a status and a body. */
interface Answer {
  readonly status: number;
  readonly body: Json;
}

const INSTANCE_VERSIONS = ['2017-04-02', '2017-08-01', '2019-06-01', '2020-06-01', '2021-01-01', '2021-02-01'];
const TOKEN_VERSIONS = ['2018-02-01', '2019-08-01', '2021-02-01'];
const WELL_FORMED = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Answers on 169.254.169.254 (learn.microsoft.com/azure/virtual-machines/instance-metadata-service). Who asks is told by
 * the network whose router took the connection, and the address it comes from.
 */
export function instanceMetadata(services: MetadataServices) {
  return (network: string, request: IncomingMessage, response: ServerResponse): void => {
    const remote = request.socket.remoteAddress ?? '';
    const done = ({ status, body }: Answer): void => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const type = typeof body === 'string' ? 'text/plain' : 'application/json';
      response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, server: 'IMDS/Seawall' });
      response.end(text);
    };
    answerTo(services, hostAt(services.view(), network, remote), request).then(done, () =>
      done(fault(500, 'Internal Server Error')),
    );
  };
}

/** A host, by what the management API calls it. */
export interface MetadataHost {
  readonly resource: StoredResource;
  readonly network: { readonly address: string; readonly subnet: string; readonly publicAddress: string | undefined };
  readonly nic: StoredResource | undefined;
}

/** The host at an address of a network; `undefined` for a bare host, which is no machine. */
function hostAt(view: StateView, network: string, address: string): MetadataHost | undefined {
  const isHere = (one: { readonly subnet: string; readonly address: string }): boolean =>
    one.address === address && keyOfId(one.subnet).startsWith(`${network}/subnets/`);
  const platform = platformHosts(view).find(isHere);
  if (platform !== undefined)
    return { resource: platform.resource, network: { ...platform, publicAddress: undefined }, nic: undefined };
  const found = ipConfigurations(view).find(isHere);
  if (found === undefined) return undefined;
  const nic = view.get(keyOfId(found.id.slice(0, found.id.lastIndexOf('/ipConfigurations/'))));
  const user = nic === undefined ? undefined : interfaceUser(view, nic);
  const resource = user?.kind === 'virtual-machine' ? view.get(keyOfId(user.id)) : undefined;
  return resource === undefined ? undefined : { resource, network: found, nic };
}

/** A request that came by somebody else, or by a browser, has no such header, or has the other one. */
function refusal({ method, headers }: IncomingMessage): Answer | undefined {
  if (method !== 'GET') return fault(405, `Method ${method ?? ''} is not allowed.`);
  if (headers['metadata']?.toString().toLowerCase() !== 'true')
    return fault(400, 'Bad request. Required metadata header not specified');
  if (headers['x-forwarded-for'] !== undefined)
    return fault(400, 'Bad request. Requests with the header X-Forwarded-For are not served');
  return undefined;
}

function fault(status: number, error: string): Answer {
  return { status, body: { error } };
}

async function answerTo(
  services: MetadataServices,
  host: MetadataHost | undefined,
  request: IncomingMessage,
): Promise<Answer> {
  const refused = refusal(request);
  if (refused !== undefined) return refused;
  const url = new URL(request.url ?? '/', 'http://169.254.169.254');
  const path = url.pathname.replace(/\/$/, '').toLowerCase();
  if (host === undefined) return fault(404, 'Not found: this host is no virtual machine of the management API');
  if (path === '/metadata/identity/oauth2/token') return tokenFor(services, host, url.searchParams);
  if (path === '/metadata/versions') return { status: 200, body: { apiVersions: INSTANCE_VERSIONS } };
  const isMachine = host.nic !== undefined;
  if (isMachine && (path === '/metadata/instance' || path.startsWith('/metadata/instance/')))
    return instanceAt(services.view(), host, {
      path: path.slice('/metadata/instance'.length),
      query: url.searchParams,
    });
  return fault(404, `Not found: there are /metadata/instance, /metadata/identity/oauth2/token and /metadata/versions`);
}

function versionRefusal(query: URLSearchParams, known: readonly string[]): Answer | undefined {
  const version = query.get('api-version');
  const oldest = known[0] ?? '';
  if (version !== null && WELL_FORMED.test(version) && version >= oldest) return undefined;
  const error =
    version === null
      ? 'Bad request. api-version was not specified in the request. For more information refer to aka.ms/azureimds'
      : `Bad request. api-version ${version} is invalid or not supported. For more information refer to aka.ms/azureimds`;
  return { status: 400, body: { error, 'newest-versions': known.toReversed().slice(0, 3) } };
}

interface Asked {
  /** Below `/metadata/instance`, in lower case. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** The document, or what lies at a path of it: an object as JSON, a value as text where text is asked for. */
function instanceAt(view: StateView, host: MetadataHost, { path, query }: Asked): Answer {
  const wrong = versionRefusal(query, INSTANCE_VERSIONS);
  if (wrong !== undefined) return wrong;
  let found: Json | undefined = instanceOf(view, host);
  for (const part of path.split('/').filter((one) => one !== '')) found = memberOf(found, part);
  if (found === undefined) return fault(404, `Not found: the instance has no ${path}`);
  if (typeof found === 'object' && found !== null) return { status: 200, body: found };
  if (query.get('format')?.toLowerCase() === 'text') return { status: 200, body: String(found) };
  return fault(400, 'Bad request. A single value is told as text: add format=text');
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  if (Array.isArray(value)) return /^\d+$/.test(name) ? (value[Number(name)] as Json | undefined) : undefined;
  const object = objectOf(value);
  return Object.entries(object).find(([key]) => key.toLowerCase() === name)?.[1];
}

async function tokenFor(
  { auth, view, now }: MetadataServices,
  { resource }: MetadataHost,
  query: URLSearchParams,
): Promise<Answer> {
  const wrong = versionRefusal(query, TOKEN_VERSIONS);
  if (wrong !== undefined) return wrong;
  const audience = query.get('resource');
  if (audience === null || audience === '')
    return invalid('invalid_request', 'Required audience parameter not specified');
  const identity = identityAskedFor(heldBy(view(), resource), query);
  if (identity === undefined) return invalid('invalid_request', 'Identity not found');
  const nowMs = now();
  const made = await managedIdentityToken(auth, { objectId: identity.principalId, audience, nowMs });
  switch (made.kind) {
    case 'unknown-identity':
      return invalid('invalid_request', 'Identity not found');
    case 'unknown-resource':
      return invalid(
        'invalid_resource',
        `AADSTS500011: The resource principal named ${audience} was not found in the tenant. There are ${made.known.join(', ')}.`,
      );
    case 'token':
      return { status: 200, body: tokenBody(made, { audience, nowMs }) };
  }
}

/** What a host acts as: a node as its cluster's kubelet, anything else as its own resource. */
function heldBy(view: StateView, resource: StoredResource): readonly HeldIdentity[] {
  if (resource.type !== CLUSTERS) return identitiesOf(view, resource);
  const kubelet = kubeletIdentity(view, resource);
  const assigned = { type: 'UserAssigned', userAssignedIdentities: kubelet === undefined ? {} : { [kubelet.id]: {} } };
  return identitiesOf(view, { envelope: { identity: assigned } });
}

/** The identity that a query names; without a name the resource's own, or the one that there is. */
function identityAskedFor(all: readonly HeldIdentity[], query: URLSearchParams): HeldIdentity | undefined {
  const named = (name: string, value: (one: HeldIdentity) => string | undefined) => {
    const asked = query.get(name)?.toLowerCase();
    return asked === undefined ? undefined : [all.find((one) => value(one)?.toLowerCase() === asked)];
  };
  const found =
    named('client_id', ({ clientId }) => clientId) ??
    named('object_id', ({ principalId }) => principalId) ??
    named('mi_res_id', ({ id }) => id) ??
    named('msi_res_id', ({ id }) => id);
  if (found !== undefined) return found[0];
  return all.find(({ id }) => id === undefined) ?? (all.length === 1 ? all[0] : undefined);
}

function tokenBody(
  { token, clientId, lifetimeMs }: { readonly token: string; readonly clientId: string; readonly lifetimeMs: number },
  { audience, nowMs }: { readonly audience: string; readonly nowMs: number },
): JsonObject {
  const seconds = Math.floor(nowMs / 1000);
  const lifetime = lifetimeMs / 1000;
  return {
    access_token: token,
    client_id: clientId,
    expires_in: String(lifetime),
    expires_on: String(seconds + lifetime),
    ext_expires_in: String(lifetime),
    not_before: String(seconds),
    resource: audience,
    token_type: 'Bearer',
  };
}

function invalid(error: string, description: string): Answer {
  return { status: 400, body: { error, error_description: description } };
}
