import type { ArmError } from '../azure/error.ts';
import { keyOfId, type ResourceId } from '../azure/resource-id.ts';
import type { Change, StateView, StoredResource } from '../state/port.ts';
import { newestStable } from './api-version.ts';
import { may, notAuthorised } from './authorise.ts';
import { checkBody } from './check-body.ts';
import { type Envelope, readEnvelope } from './envelope.ts';
import { lockRefusal } from './lock.ts';
import { beginOperation, preempt } from './operation.ts';
import { type ProviderIndex, unknownType, versionRefusal } from './provider-index.ts';
import { ensureRegistered } from './registration.ts';
import { removeTree } from './removal.ts';
import type { ResourceType } from './resource-type.ts';
import {
  type EngineWrite,
  type Refused,
  refused,
  type ResourceEngine,
  type VerbContext,
  type WriteOutcome,
} from './verb.ts';

type WriteAsked = Parameters<ResourceEngine['write']>[1];

/** The engine over these providers. */
export function createEngine(index: ProviderIndex): ResourceEngine {
  return {
    write: (context, request) => write(index, context, request),
    remove: (context, id) => remove(index, context, id),
    read: (context, id, apiVersion) => read(index, context, { id, apiVersion }),
    list: (context, id, asked) => list(index, context, { id, ...asked }),
    newestApiVersion: (type) => {
      const found = index.type(type);
      return found === undefined ? undefined : newestStable(found.apiVersions);
    },
  };
}

/** Why the caller may not do an action at a resource; `undefined` when it may. */
export function permissionRefusal({ view, caller }: VerbContext, action: string, id: ResourceId): ArmError | undefined {
  return may(view, caller, action, id.key) ? undefined : notAuthorised(caller, action, id.id);
}

/** The refusal of a resource that is not there, in Azure's words. */
export function resourceNotFound({ type, name, group }: ResourceId): ArmError {
  const lower = type.toLowerCase();
  if (lower === 'microsoft.resources/subscriptions')
    return { code: 'SubscriptionNotFound', message: `The subscription '${name}' could not be found.` };
  if (lower === 'microsoft.resources/resourcegroups')
    return { code: 'ResourceGroupNotFound', message: `Resource group '${name}' could not be found.` };
  const place = group === undefined ? '' : ` under resource group '${group}'`;
  const message = `The Resource '${type}/${name}'${place} was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`;
  return { code: 'ResourceNotFound', message };
}

function write(
  index: ProviderIndex,
  context: VerbContext,
  { method, id: asked, apiVersion, body }: WriteAsked,
): EngineWrite {
  const id = canonical(index, context.view, asked);
  const type = index.type(id.type);
  if (type === undefined) return refused(unknownType(index, id.type));
  const existing = context.view.get(id.key);
  const error =
    versionRefusal(type, apiVersion) ??
    permissionRefusal(context, `${type.type}/write`, id) ??
    placeRefusal(context.view, type, id) ??
    (method === 'PATCH' && existing === undefined ? resourceNotFound(id) : undefined) ??
    lockRefusal(context.view, id, 'write');
  if (error !== undefined) return refused(error);
  const read = readEnvelope(type, { id, body, existing });
  if (read.kind === 'refused') return read;
  const registered = register(context, id);
  if (registered.kind === 'refused') return registered;
  const ready = { ...context, view: context.view.with(registered.changes) };
  const outcome = runVerb(type, ready, { method, id, apiVersion, existing, envelope: read.envelope });
  if (outcome.kind === 'refused') return outcome;
  const { tags, location } = read.envelope;
  const { location: _, ...written } = outcome.resource;
  const resource: StoredResource = {
    ...written,
    tags: tags ?? (method === 'PATCH' ? (existing?.tags ?? {}) : {}),
    ...(location === undefined ? {} : { location }),
  };
  const begun = outcome.operation === undefined ? undefined : beginOperation(context, resource, outcome.operation);
  const changes: Change[] = [
    ...preempt(context, id.key, index),
    ...registered.changes,
    { kind: 'put', resource },
    ...(outcome.also ?? []),
    ...(begun?.changes ?? []),
  ];
  const json = type.project(resource, apiVersion, context.view.with(changes), context.settings);
  const operation = begun === undefined ? {} : { operation: begun.id };
  return { kind: 'written', created: existing === undefined, changes, json, ...operation };
}

/** The id of a new resource in the case that Azure gives it: that of its parent as it is kept, and of its type. */
function canonical(index: ProviderIndex, view: StateView, id: ResourceId): ResourceId {
  const parent = id.parent === undefined ? undefined : view.get(id.parent.key);
  const type = index.type(id.type)?.type;
  if (parent === undefined || type === undefined) return id;
  const segments = id.id.slice(parent.id.length).split('/');
  const name = segments.at(-1) ?? id.name;
  const below = segments.length === 3 ? lastOf(type) : `providers/${type}`;
  return { ...id, type, id: `${parent.id}/${below}/${name}` };
}

function lastOf(type: string): string {
  return type.slice(type.lastIndexOf('/') + 1);
}

interface Asked {
  readonly method: 'PUT' | 'PATCH';
  readonly id: ResourceId;
  readonly apiVersion: string;
  readonly existing: StoredResource | undefined;
  readonly envelope: Envelope;
}

function runVerb(type: ResourceType, context: VerbContext, asked: Asked): WriteOutcome {
  const { method, id, apiVersion, existing, envelope } = asked;
  const body = envelope.rest;
  const schema = method === 'PUT' ? type.schema : type.patchSchema;
  const impossible = refused({
    code: 'MethodNotAllowed',
    message: `${method} is not possible on a resource of type ${type.type}.`,
  });
  if (schema === undefined) return impossible;
  const wrong = checkBody(schema, body);
  if (wrong !== undefined) return refused(wrong);
  const request = { id, apiVersion, existing, body: bodyWith(envelope) };
  if (method === 'PUT') return type.put?.(context, request) ?? impossible;
  return existing === undefined ? impossible : (type.patch?.(context, { ...request, existing }) ?? impossible);
}

/** The body as verbs see it: with the location as it is kept, and the tags. */
function bodyWith({ rest, location, tags }: Envelope) {
  return { ...rest, ...(location === undefined ? {} : { location }), ...(tags === undefined ? {} : { tags }) };
}

/** Subscription, group and parent have to be there. */
function placeRefusal(view: StateView, type: ResourceType, id: ResourceId): ArmError | undefined {
  const { subscription, group, parent } = id;
  const at = `/subscriptions/${subscription ?? ''}`;
  if (subscription !== undefined && view.get(keyOfId(at)) === undefined && parent !== undefined)
    return { code: 'SubscriptionNotFound', message: `The subscription '${subscription}' could not be found.` };
  if (
    group !== undefined &&
    parent?.group !== undefined &&
    view.get(keyOfId(`${at}/resourceGroups/${group}`)) === undefined
  )
    return { code: 'ResourceGroupNotFound', message: `Resource group '${group}' could not be found.` };
  const leaving = leavingGroup(view, id);
  if (leaving !== undefined) return leaving;
  if (parent === undefined || view.get(parent.key) !== undefined) return undefined;
  if (type.extension === true) return resourceNotFound(parent);
  const message = `Can not perform requested operation on nested resource. Parent resource '${parent.name}' not found.`;
  return { code: 'ParentResourceNotFound', message };
}

/** Nothing is made or changed in a group that is about to go. */
function leavingGroup(view: StateView, { subscription, group }: ResourceId): ArmError | undefined {
  if (subscription === undefined || group === undefined) return undefined;
  const kept = view.get(keyOfId(`/subscriptions/${subscription}/resourceGroups/${group}`));
  if (kept?.properties['provisioningState'] !== 'Deleting') return undefined;
  const message = `The resource group '${group}' is in deprovisioning state and cannot perform this operation.`;
  return { code: 'ResourceGroupBeingDeleted', message };
}

function register(context: VerbContext, { type, subscription }: ResourceId): ReturnType<typeof ensureRegistered> {
  if (subscription === undefined) return { kind: 'registered', changes: [] };
  const namespace = type.slice(0, type.indexOf('/'));
  const auto = context.settings.autoRegistration;
  return ensureRegistered(context.view, { subscription, namespace, auto });
}

function remove(index: ProviderIndex, context: VerbContext, id: ResourceId): ReturnType<ResourceEngine['remove']> {
  const type = index.type(id.type);
  if (type === undefined) return refused(unknownType(index, id.type));
  const forbidden = permissionRefusal(context, `${type.type}/delete`, id);
  if (forbidden !== undefined) return refused(forbidden);
  const existing = context.view.get(id.key);
  if (existing === undefined) return { kind: 'absent' };
  const locked = lockRefusal(context.view, id, 'delete');
  return locked === undefined ? removeTree(index, context, existing) : refused(locked);
}

function read(
  index: ProviderIndex,
  context: VerbContext,
  { id, apiVersion }: { readonly id: ResourceId; readonly apiVersion: string },
): ReturnType<ResourceEngine['read']> {
  const type = index.type(id.type);
  if (type === undefined) return refused(unknownType(index, id.type));
  const error = versionRefusal(type, apiVersion) ?? permissionRefusal(context, `${type.type}/read`, id);
  if (error !== undefined) return refused(error);
  const resource = context.view.get(id.key);
  if (resource === undefined) return notThere(context.view, id);
  return { kind: 'found', json: type.project(resource, apiVersion, context.view, context.settings) };
}

/** Says which part of the id is not there: subscription, group, or the resource. */
function notThere(view: StateView, id: ResourceId): Refused {
  for (let above: ResourceId | undefined = id.parent; above !== undefined; above = above.parent)
    if (above.parent === undefined || above.type.toLowerCase() === 'microsoft.resources/resourcegroups')
      if (view.get(above.key) === undefined) return refused(resourceNotFound(above));
  return refused(resourceNotFound(id));
}

function list(
  index: ProviderIndex,
  context: VerbContext,
  { id, apiVersion, name }: { readonly id: ResourceId; readonly apiVersion: string; readonly name: string },
): ReturnType<ResourceEngine['list']> {
  const type = index.type(id.type);
  if (type === undefined) return refused(unknownType(index, id.type));
  const lists = Object.entries(type.lists ?? {});
  const found = lists.find(([known]) => known.toLowerCase() === name.toLowerCase());
  if (found === undefined) return refused(noList(type, name));
  const [known, answer] = found;
  const error = versionRefusal(type, apiVersion) ?? permissionRefusal(context, `${type.type}/${known}/action`, id);
  if (error !== undefined) return refused(error);
  const resource = context.view.get(id.key);
  return resource === undefined ? refused(resourceNotFound(id)) : answer(context, resource);
}

function noList({ type, lists = {} }: ResourceType, name: string): ArmError {
  const known = Object.keys(lists);
  const there = known.length === 0 ? 'there is none of this type' : `there is ${known.join(', ')}`;
  return { code: 'InvalidTemplate', message: `The template function '${name}' is not valid for ${type}: ${there}.` };
}
