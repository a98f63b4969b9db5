import { type Asked, type Pipe, act, at, contextOf, isGroup, notAllowed, refuse, wrongMethod } from './pipe.ts';
import type { ArmError } from '../azure/error.ts';
import type { ArmPath, ResourceId } from '../azure/resource-id.ts';
import { type Reply, accepted, okHead, okJson, refuseArm } from '../http/reply.ts';
import type { StateView, StoredResource } from '../state/port.ts';
import { may } from './authorise.ts';
import type { ArmEffect, EffectOutcome } from './effect.ts';
import { permissionRefusal, resourceNotFound } from './engine.ts';
import { pageOf } from './page.ts';
import { unknownType, versionRefusal } from './provider-index.ts';
import type { ArmRequest } from './request.ts';
import type { ResourceAction, ResourceType } from './resource-type.ts';
import { type VerbContext } from './verb.ts';

/** A path that ends in a type: a collection, or an action on what stands before its last word. */
export async function answerBelow(
  pipe: Pipe,
  path: Extract<ArmPath, { kind: 'collection' }>,
  asked: Asked,
): Promise<Reply> {
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
    return action.run(context, { resource, apiVersion, query: request.query, body: request.body });
  });
}

async function runEffect(pipe: Pipe, effect: ArmEffect, named: Named): Promise<Reply> {
  const { request, apiVersion } = named;
  const resource = target(contextOf(pipe, pipe.state.view(), request), named, effect);
  if ('code' in resource) return refuse(pipe, resource);
  const { body, query, caller } = request;
  const outcome = await effect.run({ resource, apiVersion, body, query, caller });
  return at(pipe.state.view().generation, answerEffect(pipe, outcome));
}

function answerEffect({ origin }: Pipe, outcome: EffectOutcome): Reply {
  switch (outcome.kind) {
    case 'answered':
      return outcome.body === undefined ? okHead({ 'content-length': '0' }) : okJson(outcome.body);
    case 'accepted':
      return accepted({
        ...(outcome.status === undefined ? {} : { 'azure-asyncoperation': `${origin}${outcome.status}` }),
        location: `${origin}${outcome.result}`,
        'retry-after': '1',
      });
    case 'refused':
      return refuseArm(outcome.error);
  }
}
