import { randomUUID } from 'node:crypto';
import JSON5 from 'json5';
import { formatPrincipal } from '../access/principal.ts';
import type { ArmEffect } from '../arm/effect.ts';
import { may } from '../arm/authorise.ts';
import type { OperationRunner } from '../arm/operation-runner.ts';
import { createPipeline, type Pipeline } from '../arm/pipeline.ts';
import { PROVIDERS } from '../arm/providers.ts';
import type { ArmRoute } from '../arm/resource-type.ts';
import type { ArmRequest } from '../arm/request.ts';
import type { AdminSecrets, ArmSettings } from '../arm/verb.ts';
import type { Account } from '../auth/account.ts';
import { type ArmAuthentication, verifyArmToken } from '../auth/arm-token.ts';
import type { AuthServices } from '../auth/services.ts';
import type { ArmError } from '../azure/error.ts';
import type { JsonObject } from '../azure/json.ts';
import { parseResourceId, type ResourceKey } from '../azure/resource-id.ts';
import { CROWDED, readBody } from '../http/incoming.ts';
import { type Reply, refuseArm } from '../http/reply.ts';
import { nestsDeeperThan } from '../oci/json-depth.ts';
import type { State } from '../state/port.ts';
import { enterAsIdentity, type FairShareServices } from './fair-share.ts';
import type { Exchange } from './exchange.ts';
import { type FetchDocument, followTemplateLinks, hasTemplateLink } from './template-link.ts';

/** The largest body of a request to the management API, in bytes: Azure's own bound for templates. */
const MAX_BODY = 4 * 1024 * 1024;
/** How deep the JSON of a body may nest. */
const MAX_DEPTH = 200;
/** The longest text that is read as JSON5, in characters: it takes ten times as long as JSON. */
const MAX_JSON5 = 1024 * 1024;

/** What the management API works with. */
export interface ManagementServices {
  readonly auth: AuthServices;
  readonly state: State;
  readonly effects: readonly ArmEffect[];
  readonly operations: OperationRunner;
  readonly routes: readonly ArmRoute[];
  /** Reads what deployments link to. */
  readonly fetchDocument: FetchDocument;
  /** Secrets that a deployment may ask for. */
  readonly secrets: (body: JsonObject, caller: string) => Promise<AdminSecrets | undefined>;
  readonly settings: () => ArmSettings;
  readonly origin: string;
  readonly shares: FairShareServices;
  readonly now: () => number;
}

/** Whether a path is the management API's. */
export function isManagementPath(path: string): boolean {
  return /^\/+(?:subscriptions|providers|tenants)(?:\/|$)/i.test(path);
}

/** Answers requests of the management API: signed in, read whole, then through the pipeline. */
export function managementPlane(services: ManagementServices): (exchange: Exchange) => Promise<Reply> {
  const pipeline = createPipeline({ ...services, index: PROVIDERS, newUuid: randomUUID });
  return async (exchange) => {
    exchange.route = 'arm';
    const who = await verifyArmToken(services.auth, exchange.incoming.headers.authorization, services.now());
    const reply =
      who.kind === 'principal'
        ? await answer(pipeline, services, { exchange, account: who.account })
        : refuseAnonymous(who);
    return withRequestIds(exchange, reply);
  };
}

async function answer(
  pipeline: Pipeline,
  { fetchDocument, secrets, state, shares }: Pick<ManagementServices, 'fetchDocument' | 'secrets' | 'state' | 'shares'>,
  { exchange, account: { principal, objectId } }: { readonly exchange: Exchange; readonly account: Account },
): Promise<Reply> {
  exchange.principal = formatPrincipal(principal);
  const crowded = enterAsIdentity(shares, exchange);
  if (crowded !== undefined)
    return refuseArm(
      { code: 'TooManyRequests', message: crowded.message },
      { 'retry-after': String(crowded.retryAfterS) },
    );
  const { incoming } = exchange;
  const path = decodePath(incoming.path);
  if (path === undefined)
    return refuseArm({ code: 'BadRequest', message: `The path ${incoming.path.slice(0, 300)} is not well-formed.` });
  const read = await readObject(exchange);
  if ('kind' in read) return read.reply;
  // Who may not deploy there makes this server ask nobody; the pipeline says why.
  const scope = scopeOfDeployment(path);
  const linked = scope !== undefined && hasTemplateLink(read.body) && may(state.view(), objectId, DEPLOY, scope);
  const body = linked ? await followTemplateLinks(read.body, fetchDocument) : read.body;
  if (isError(body)) return refuseArm(body);
  const told = scope === undefined ? undefined : await secrets(body, objectId);
  const request: ArmRequest = {
    method: incoming.method,
    path,
    query: incoming.query,
    ifMatch: one(incoming.headers['if-match']),
    ifNoneMatch: one(incoming.headers['if-none-match']),
    respondAsync: /\brespond-async\b/i.test(one(incoming.headers['prefer']) ?? ''),
    body,
    caller: objectId,
    ...(told === undefined ? {} : { secrets: told }),
  };
  return pipeline(request);
}

const DEPLOY = 'Microsoft.Resources/deployments/write';

/** The group or subscription that a deployment in a path is at. */
function scopeOfDeployment(path: string): ResourceKey | undefined {
  const at = /^(\/subscriptions\/.+?)\/providers\/microsoft\.resources\/deployments\//i.exec(path)?.[1];
  return at === undefined ? undefined : parseResourceId(at)?.key;
}

function isError(body: JsonObject | ArmError): body is ArmError {
  return 'code' in body && 'message' in body;
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** The outcome of reading a body. */
export type ReadObject = { readonly body: JsonObject } | { readonly kind: 'refused'; readonly reply: Reply };

/** The body as an object; none at all is an empty one, as clients of actions send it. */
export async function readObject({ incoming }: Exchange): Promise<ReadObject> {
  const read = await readBody(incoming, MAX_BODY);
  if (read.kind === 'too-large')
    return refused({ code: 'RequestEntityTooLarge', message: `The request content is larger than ${MAX_BODY} bytes.` });
  if (read.kind === 'crowded') return refused({ code: 'TooManyRequests', message: CROWDED });
  if (read.kind === 'broken-off') return refused(invalid('it broke off before its end'));
  if (read.bytes.length === 0) return { body: {} };
  return parseObject(read.bytes.toString('utf8'), /\/deployments\//i.test(incoming.path));
}

function parseObject(text: string, mayHoldTemplate: boolean): ReadObject {
  if (nestsDeeperThan(text, MAX_DEPTH)) return refused(invalid(`it nests deeper than ${MAX_DEPTH} levels`));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    json = mayHoldTemplate ? parseTemplate(text) : undefined;
    if (json === undefined) return refused(invalid(error instanceof Error ? error.message : 'it is not JSON'));
  }
  return isObject(json) ? { body: json } : refused(invalid('it is not a JSON object'));
}

/** az puts a template into the body as it was written, with comments, under a name without quotes. */
function parseTemplate(text: string): unknown {
  if (text.length > MAX_JSON5) return undefined;
  try {
    const json: unknown = JSON5.parse(text);
    return nestsDeeperThan(JSON.stringify(json), MAX_DEPTH) ? undefined : json;
  } catch {
    return undefined;
  }
}

/** What JSON.parse made is JSON. */
function isObject(json: unknown): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function invalid(why: string): Parameters<typeof refuseArm>[0] {
  const message = `The request content was invalid and could not be deserialized: '${why}'.`;
  return { code: 'InvalidRequestContent', message };
}

function refused(error: Parameters<typeof refuseArm>[0]): ReadObject {
  return { kind: 'refused', reply: refuseArm(error) };
}

/** The refusal of who is not signed in. */
export function refuseAnonymous(who: Exclude<ArmAuthentication, { readonly kind: 'principal' }>): Reply {
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
  }
}

/** Every answer names its request; a client's own id comes back when it asks for it. */
function withRequestIds({ correlationId, incoming }: Exchange, reply: Reply): Reply {
  const own = one(incoming.headers['x-ms-client-request-id']);
  const echo = incoming.headers['x-ms-return-client-request-id'] === 'true' && own !== undefined;
  const ids = { 'x-ms-request-id': correlationId, ...(echo ? { 'x-ms-client-request-id': own } : {}) };
  return { ...reply, headers: { 'cache-control': 'no-cache', ...ids, ...reply.headers } };
}
