import type { ArmError } from '../azure/error.ts';
import { type ArmPath, parseArmPath, type ResourceId } from '../azure/resource-id.ts';
import { accepted, createdJson, noContent, okBytes, okHead, okJson, type Reply, refuseArm } from '../http/reply.ts';
import { compileRouter } from '../http/router.ts';
import type { Change, Generation, State, StateView, StoredResource } from '../state/port.ts';
import { may } from './authorise.ts';
import type { ArmEffect, EffectOutcome } from './effect.ts';
import { createEngine, permissionRefusal, resourceNotFound } from './engine.ts';
import { pageOf } from './page.ts';
import { preconditionRefusal } from './precondition.ts';
import { type ProviderIndex, unknownType, versionRefusal } from './provider-index.ts';
import type { ArmRequest } from './request.ts';
import type { ArmRoute, ResourceAction, ResourceType } from './resource-type.ts';
import { type ActionOutcome, type ArmSettings, refused, type ResourceEngine, type VerbContext } from './verb.ts';

/** What the pipeline works with. */
export interface PipelineServices {
  readonly state: State;
  readonly index: ProviderIndex;
  readonly effects: readonly ArmEffect[];
  /** Routes beside those of the providers: of what other parts of the server keep. */
  readonly routes: readonly ArmRoute[];
  readonly settings: () => ArmSettings;
  /** The origin of the management API as clients see it, without a final slash. */
  readonly origin: string;
  readonly now: () => number;
  readonly newUuid: () => string;
}

/** Answers requests of the management API. */
export type Pipeline = (request: ArmRequest) => Promise<Reply>;

/** Makes the pipeline: one `state.commit` decides and makes every change; reads are of the newest view. */
export function createPipeline(services: PipelineServices): Pipeline {
  const engine = createEngine(services.index);
  const routes = [...services.index.providers.flatMap((provider) => provider.routes ?? []), ...services.routes];
  const router = compileRouter(routes, 'ignored');
  const pipe: Pipe = { ...services, engine };
  return async (asked) => {
    const request = { ...asked, path: tidy(asked.path) };
    const apiVersion = request.query.get('api-version') ?? request.query.get('api-Version') ?? '';
    if (apiVersion === '') return refuse(pipe, missingVersion());
    const match = router(request.method, request.path);
    if (match.kind === 'found')
      return answerRoute(pipe, match.route, { request, apiVersion, parameters: match.parameters });
    const path = parseArmPath(request.path);
    if (path === undefined) return refuse(pipe, notAPath(request.path));
    return path.kind === 'resource'
      ? answerResource(pipe, path.id, { request, apiVersion })
      : answerBelow(pipe, path, { request, apiVersion });
  };
}

interface Pipe extends PipelineServices {
  readonly engine: ResourceEngine;
}

interface Asked {
  readonly request: ArmRequest;
  readonly apiVersion: string;
}

/** Doubled slashes and one at the end mean nothing, as in Azure. */
function tidy(path: string): string {
  return path.replaceAll(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
}

function contextOf(pipe: Pipe, view: StateView, { caller }: ArmRequest): VerbContext {
  const { now, newUuid, origin, engine, settings } = pipe;
  return { view, settings: settings(), nowMs: now(), caller, newUuid, origin, engine };
}

/** The answer with the generation that it is of. */
function at(generation: Generation, reply: Reply): Reply {
  return {
    ...reply,
    headers: { ...reply.headers, 'x-seawall-generation': `${generation.epoch}.${generation.sequence}` },
  };
}

function refuse({ state }: Pipe, error: ArmError, headers: Reply['headers'] = {}): Reply {
  return at(state.view().generation, refuseArm(error, headers));
}

async function answerRoute(
  pipe: Pipe,
  route: ArmRoute,
  { request, apiVersion, parameters }: Asked & { readonly parameters: Readonly<Record<string, string>> },
): Promise<Reply> {
  const scope = scopeOfRoute(parameters);
  return act(pipe, request, (context) => {
    if (route.permission !== undefined && !may(context.view, request.caller, route.permission, scope?.key))
      return { kind: 'refused', error: notAllowed(context, route.permission, scope) };
    const { query, body } = request;
    return route.run(context, { parameters, query, apiVersion, body });
  });
}

/** The subscription or group in a route's parameters. */
function scopeOfRoute({ subscription, group }: Readonly<Record<string, string>>): ResourceId | undefined {
  if (subscription === undefined) return undefined;
  const path = parseArmPath(`/subscriptions/${subscription}${group === undefined ? '' : `/resourceGroups/${group}`}`);
  return path?.kind === 'resource' ? path.id : undefined;
}

function notAllowed(context: VerbContext, action: string, scope: ResourceId | undefined): ArmError {
  const refusal = scope === undefined ? undefined : permissionRefusal(context, action, scope);
  return (
    refusal ?? {
      code: 'AuthorizationFailed',
      message: `The client does not have authorization to perform action '${action}'.`,
    }
  );
}

/** Runs an action in one commit when it may change something. */
async function act(pipe: Pipe, request: ArmRequest, run: (context: VerbContext) => ActionOutcome): Promise<Reply> {
  if (request.method === 'GET' || request.method === 'HEAD') {
    const view = pipe.state.view();
    return at(view.generation, answerOf(run(contextOf(pipe, view, request))));
  }
  const { value, generation } = await pipe.state.commit((view) => {
    const outcome = run(contextOf(pipe, view, request));
    return { value: outcome, changes: outcome.kind === 'answered' ? (outcome.changes ?? []) : [] };
  });
  return at(generation, answerOf(value));
}

function answerOf(outcome: ActionOutcome): Reply {
  switch (outcome.kind) {
    case 'answered':
      return outcome.body === undefined ? noContent() : okJson(outcome.body);
    case 'running':
      return accepted({ location: outcome.location, 'retry-after': '1' });
    case 'refused':
      return refuseArm(outcome.error);
  }
}

async function answerResource(pipe: Pipe, id: ResourceId, asked: Asked): Promise<Reply> {
  switch (asked.request.method) {
    case 'GET':
      return get(pipe, id, asked);
    case 'HEAD':
      return head(pipe, id, asked);
    case 'PUT':
    case 'PATCH':
      return write(pipe, id, { ...asked, method: asked.request.method });
    case 'DELETE':
      return remove(pipe, id, asked);
    default:
      return refuse(pipe, wrongMethod(asked.request.method, id.type), { allow: 'GET, HEAD, PUT, PATCH, DELETE' });
  }
}

function get(pipe: Pipe, id: ResourceId, { request, apiVersion }: Asked): Reply {
  const view = pipe.state.view();
  const read = pipe.engine.read(contextOf(pipe, view, request), id, apiVersion);
  if (read.kind === 'refused') return at(view.generation, refuseArm(read.error));
  return at(view.generation, okJson(read.json, etagOf(view.get(id.key))));
}

/** 204 when it is there (facts/acr.md §4.2, `az group exists`). */
function head(pipe: Pipe, id: ResourceId, { request, apiVersion }: Asked): Reply {
  const view = pipe.state.view();
  const read = pipe.engine.read(contextOf(pipe, view, request), id, apiVersion);
  return at(view.generation, read.kind === 'refused' ? refuseArm(read.error) : noContent());
}

async function write(
  pipe: Pipe,
  id: ResourceId,
  { request, apiVersion, method }: Asked & { readonly method: 'PUT' | 'PATCH' },
): Promise<Reply> {
  const { value, generation } = await pipe.state.commit((view) => {
    const refusal = preconditionRefusal(request, view.get(id.key));
    const outcome =
      refusal === undefined
        ? pipe.engine.write(contextOf(pipe, view, request), { method, id, apiVersion, body: request.body })
        : refused(refusal);
    const changes: readonly Change[] = outcome.kind === 'refused' ? (outcome.record ?? []) : outcome.changes;
    const etag = etagOf(outcome.kind === 'refused' ? undefined : view.with(changes).get(id.key));
    return { value: { outcome, etag }, changes };
  });
  const { outcome, etag } = value;
  if (outcome.kind === 'refused') return at(generation, refuseArm(outcome.error));
  return at(generation, outcome.created ? createdJson(outcome.json, etag) : okJson(outcome.json, etag));
}

function etagOf(resource: StoredResource | undefined): { readonly etag?: string } {
  return resource === undefined ? {} : { etag: resource.etag };
}

async function remove(pipe: Pipe, id: ResourceId, { request, apiVersion }: Asked): Promise<Reply> {
  const type = pipe.index.type(id.type);
  const wrong = type === undefined ? undefined : versionRefusal(type, apiVersion);
  if (wrong !== undefined) return refuse(pipe, wrong);
  const { value, generation } = await pipe.state.commit((view) => {
    const refusal = preconditionRefusal(request, view.get(id.key));
    const outcome =
      refusal === undefined
        ? pipe.engine.remove(contextOf(pipe, view, request), id)
        : { kind: 'refused' as const, error: refusal };
    return { value: outcome, changes: outcome.kind === 'removed' ? outcome.changes : [] };
  });
  switch (value.kind) {
    case 'removed':
      return at(generation, okBytes('', {}));
    case 'absent':
      return at(generation, isGroup(id) ? refuseArm(resourceNotFound(id)) : noContent());
    case 'refused':
      return at(generation, refuseArm(value.error));
  }
}

function isGroup({ type }: ResourceId): boolean {
  return type.toLowerCase() === 'microsoft.resources/resourcegroups';
}

/** A path that ends in a type: a collection, or an action on what stands before its last word. */
async function answerBelow(pipe: Pipe, path: Extract<ArmPath, { kind: 'collection' }>, asked: Asked): Promise<Reply> {
  const type = pipe.index.type(path.type);
  if (type !== undefined && asked.request.method === 'GET') return list(pipe, type, { ...asked, scope: path.scope });
  if (path.scope === undefined) return refuse(pipe, unknownType(pipe.index, path.type));
  const name = path.type.slice(path.type.lastIndexOf('/') + 1).toLowerCase();
  const owner = pipe.index.type(path.scope.type);
  if (owner === undefined) return refuse(pipe, unknownType(pipe.index, path.scope.type));
  const named = { ...asked, id: path.scope, owner };
  const { method } = asked.request;
  const action = owner.actions?.find((one) => one.name.toLowerCase() === name && one.method === method);
  if (action !== undefined) return runAction(pipe, action, named);
  const effect = pipe.effects.find((one) => isOf(one, owner, name) && one.method === method);
  if (effect !== undefined) return runEffect(pipe, effect, named);
  const error = type === undefined ? unknownType(pipe.index, path.type) : wrongMethod(method, path.type);
  return refuse(pipe, error);
}

function isOf(effect: ArmEffect, owner: ResourceType, name: string): boolean {
  return effect.type.toLowerCase() === owner.type.toLowerCase() && effect.name.toLowerCase() === name;
}

function list(
  pipe: Pipe,
  type: ResourceType,
  { request, apiVersion, scope }: Asked & { readonly scope: ResourceId | undefined },
): Reply {
  const view = pipe.state.view();
  const context = contextOf(pipe, view, request);
  const wrong = versionRefusal(type, apiVersion) ?? absentScope(view, scope);
  if (wrong !== undefined) return refuse(pipe, wrong);
  const members =
    type.list?.(context, scope, request.query.get('$filter') ?? undefined) ??
    view.ofType(type.type.toLowerCase(), scope?.key);
  const action = `${type.type}/read`;
  const seen =
    type.list !== undefined || may(view, request.caller, action, scope?.key)
      ? members
      : members.filter(({ key }) => may(view, request.caller, action, key));
  if (seen.length === 0 && members.length > 0 && scope !== undefined)
    return refuse(pipe, notAllowed(context, action, scope));
  const page = pageOf(seen, request.query);
  if (page.kind === 'refused') return refuse(pipe, page.error);
  const value = page.items.map((resource) => type.project(resource, apiVersion, view, context.settings));
  return at(view.generation, okJson({ value, ...nextLink(pipe, request, page.next) }));
}

function absentScope(view: StateView, scope: ResourceId | undefined): ArmError | undefined {
  if (scope === undefined || view.get(scope.key) !== undefined) return undefined;
  const group = scope.group === undefined ? undefined : scope;
  for (let above = group?.parent; above !== undefined; above = above.parent)
    if (isGroup(above) && view.get(above.key) === undefined) return resourceNotFound(above);
  return resourceNotFound(scope);
}

function nextLink(
  { origin }: Pipe,
  { path, query }: ArmRequest,
  next: string | undefined,
): { readonly nextLink?: string } {
  if (next === undefined) return {};
  const more = new URLSearchParams(query);
  more.set('$skipToken', next);
  return { nextLink: `${origin}${encodeURI(path)}?${more.toString()}` };
}

interface Named extends Asked {
  readonly id: ResourceId;
  readonly owner: ResourceType;
}

/** The resource an action is on, or why it cannot be run. */
function target(
  context: VerbContext,
  { id, owner, apiVersion }: Named,
  action: { readonly name: string; readonly method: string; readonly permission?: string },
): StoredResource | ArmError {
  const permission = action.permission ?? `${owner.type}/${action.name}/${action.method === 'GET' ? 'read' : 'action'}`;
  const wrong = versionRefusal(owner, apiVersion) ?? permissionRefusal(context, permission, id);
  return wrong ?? context.view.get(id.key) ?? resourceNotFound(id);
}

function runAction(pipe: Pipe, action: ResourceAction, named: Named): Promise<Reply> {
  const { request, apiVersion } = named;
  return act(pipe, request, (context) => {
    const resource = target(context, named, action);
    if ('code' in resource) return { kind: 'refused', error: resource };
    return action.run(context, { resource, apiVersion, body: request.body });
  });
}

async function runEffect(pipe: Pipe, effect: ArmEffect, named: Named): Promise<Reply> {
  const { request, apiVersion } = named;
  const resource = target(contextOf(pipe, pipe.state.view(), request), named, effect);
  if ('code' in resource) return refuse(pipe, resource);
  const outcome = await effect.run({ resource, apiVersion, body: request.body, caller: request.caller });
  return at(pipe.state.view().generation, answerEffect(pipe, outcome));
}

function answerEffect({ origin }: Pipe, outcome: EffectOutcome): Reply {
  switch (outcome.kind) {
    case 'answered':
      return outcome.body === undefined ? okHead({ 'content-length': '0' }) : okJson(outcome.body);
    case 'accepted':
      return accepted({
        'azure-asyncoperation': `${origin}${outcome.status}`,
        location: `${origin}${outcome.result}`,
        'retry-after': '1',
      });
    case 'refused':
      return refuseArm(outcome.error);
  }
}

function missingVersion(): ArmError {
  return {
    code: 'MissingApiVersionParameter',
    message: 'The api-version query parameter (?api-version=) is required for all requests.',
  };
}

function notAPath(path: string): ArmError {
  return {
    code: 'ResourceNotFound',
    message: `There is nothing at ${path.slice(0, 300)}: it is neither a resource, nor a collection, nor an action.`,
  };
}

function wrongMethod(method: string, type: string): ArmError {
  return { code: 'MethodNotAllowed', message: `${method} is not possible on '${type}'.` };
}
