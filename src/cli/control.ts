import { readFile } from 'node:fs/promises';
import { EXIT, type ExitCode } from './exit-code.ts';
import { type HttpsAnswer, post } from './https-call.ts';
import { type FoundServer, type ServerAccess, findServer } from './running-server.ts';
import type { Terminal } from './terminal.ts';

/** What a command asks of a server: a POST of the management API on a registry (facts/acr.md §5). */
export interface ControlAction {
  readonly dataDir: string;
  readonly registry: string;
  /** The action's name, such as `listCredentials`. */
  readonly action: string;
  /** The body, when the server's subscription is known. */
  readonly body: (registryId: string) => object;
}

/** The outcome of an action; what is not done says why and what to end with. */
export type ControlOutcome =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly exit: ExitCode; readonly why: string };

const TYPE = 'Microsoft.ContainerRegistry/registries';
const API_VERSION = '2023-07-01';
const RESOURCES_VERSION = '2021-04-01';

/** Does an action on a running server, as its owner: on a registry of whichever resource group. */
export async function act(action: ControlAction, env: Terminal['env']): Promise<ControlOutcome> {
  const found = await findRegistry(action, env);
  if (found.kind === 'failed') return found;
  const registryId = String(found.value);
  const path = `${registryId}/${action.action}?api-version=${API_VERSION}`;
  return ask(action.dataDir, env, () => ({ method: 'POST', path, body: action.body(registryId) }));
}

/** The id of a registry, by its name. */
async function findRegistry({ dataDir, registry }: ControlAction, env: Terminal['env']): Promise<ControlOutcome> {
  const filter = `resourceType eq '${TYPE}' and name eq '${registry.replaceAll("'", "''")}'`;
  const query = new URLSearchParams({ $filter: filter, 'api-version': RESOURCES_VERSION }).toString();
  const listed = await ask(dataDir, env, ({ subscriptionId }) => ({
    method: 'GET',
    path: `/subscriptions/${subscriptionId}/resources?${query}`,
  }));
  if (listed.kind === 'failed') return listed;
  const value: unknown = field(listed.value, 'value');
  const id: unknown = field(Array.isArray(value) ? value[0] : undefined, 'id');
  if (typeof id === 'string') return { kind: 'done', value: id };
  return {
    kind: 'failed',
    exit: EXIT.failed,
    why: `there is no registry '${registry}'; see: az acr list --query [].name`,
  };
}

/** One request of the control listener. */
export interface ControlRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: object;
}

/** Asks a running server, as its owner. */
export async function ask(
  dataDir: string,
  env: Terminal['env'],
  request: (server: ServerAccess) => ControlRequest,
): Promise<ControlOutcome> {
  const found = await findServer(dataDir);
  if (found.kind !== 'running') return notFound(found);
  const { server } = found;
  const ca = server.caFile === undefined ? undefined : await readFile(server.caFile, 'utf8');
  const signedIn = await signIn(server, { ca, env });
  if (signedIn.kind === 'failed') return signedIn;
  const { method, path, body } = request(server);
  const url = new URL(`${server.control.replace(/\/$/, '')}${path}`);
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${String(signedIn.value)}` };
  return outcomeOf(await post({ method, url, headers, body: body === undefined ? '' : JSON.stringify(body), ca }));
}

function notFound(found: Exclude<FoundServer, { kind: 'running' }>): ControlOutcome {
  return { kind: 'failed', exit: found.kind === 'denied' ? EXIT.denied : EXIT.unavailable, why: found.why };
}

type SignIn = { readonly ca: string | undefined; readonly env: Terminal['env'] };

/** Gets an owner's token by client credentials (RFC 6749, section 4.4). */
async function signIn(server: ServerAccess, { ca, env }: SignIn): Promise<ControlOutcome> {
  const secret = env['SEAWALL_CLIENT_SECRET'] ?? server.clientSecret;
  if (secret === undefined) {
    const why = 'this server keeps no client secret in its files: put it into the variable SEAWALL_CLIENT_SECRET';
    return { kind: 'failed', exit: EXIT.denied, why };
  }
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: env['SEAWALL_CLIENT_ID'] ?? server.clientId,
    client_secret: secret,
    scope: `${server.control.replace(/\/$/, '')}/.default`,
  });
  const url = new URL(`${server.authority.replace(/\/$/, '')}/${server.tenantId}/oauth2/v2.0/token`);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return tokenOf(outcomeOf(await post({ url, headers, body: body.toString(), ca })));
}

function tokenOf(outcome: ControlOutcome): ControlOutcome {
  if (outcome.kind === 'failed') return outcome;
  const token = field(outcome.value, 'access_token');
  if (typeof token === 'string') return { kind: 'done', value: token };
  return { kind: 'failed', exit: EXIT.failed, why: 'the server answered the sign-in without a token' };
}

function outcomeOf(answer: HttpsAnswer): ControlOutcome {
  if (answer.kind === 'unreachable') return { kind: 'failed', exit: EXIT.unavailable, why: answer.why };
  if (answer.status >= 200 && answer.status < 300) return { kind: 'done', value: answer.body };
  const why = `the server answered ${answer.status}: ${messageOf(answer.body)}`;
  return { kind: 'failed', exit: answer.status === 401 || answer.status === 403 ? EXIT.denied : EXIT.failed, why };
}

/** The message of an error of the management API or of the sign-in. */
function messageOf(body: unknown): string {
  const candidates = [field(field(body, 'error'), 'message'), field(body, 'error_description'), field(body, 'error')];
  const message = candidates.find((candidate) => typeof candidate === 'string');
  return typeof message === 'string' ? message : JSON.stringify(body).slice(0, 500);
}

/** A field of a value that may not have it. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/** A list that a value has; empty where it has none. */
export function listAt(value: unknown, name: string): readonly unknown[] {
  const list = field(value, name);
  return Array.isArray(list) ? list : [];
}

/** A text that a value has, for a terminal: clients write some of it, and a control character is none of theirs to send. */
export function textAt(value: unknown, name: string): string {
  const text = field(value, name);
  return typeof text === 'string' ? text.replaceAll(/\p{Cc}/gu, '?') : '';
}
