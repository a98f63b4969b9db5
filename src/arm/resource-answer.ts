import {
  answerBegun,
  type Asked,
  at,
  contextOf,
  isGroup,
  operationAfter,
  type Pipe,
  pollHeaders,
  refuse,
  wrongMethod,
} from './pipe.ts';
import { type JsonObject, objectOf } from '../azure/json.ts';
import type { ResourceId } from '../azure/resource-id.ts';
import { type Reply, createdJson, noContent, okBytes, okJson, refuseArm } from '../http/reply.ts';
import type { Change, Decision, StateView, StoredResource } from '../state/port.ts';
import { resourceNotFound } from './engine.ts';
import { beginOperation, runningOperations } from './operation.ts';
import { preconditionRefusal } from './precondition.ts';
import { versionRefusal } from './provider-index.ts';
import type { ResourceType } from './resource-type.ts';
import { type ArmSettings, type EngineRemoval, refused, type VerbContext } from './verb.ts';

/** Answers a request for one resource. */
export async function answerResource(pipe: Pipe, id: ResourceId, asked: Asked): Promise<Reply> {
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
  const resource = view.get(id.key);
  const words = request.query.get('$expand');
  const { settings } = contextOf(pipe, view, request);
  const expanded = expand(pipe.index.type(id.type), resource, { view, json: read.json, words, settings });
  return at(view.generation, okJson(expanded, etagOf(resource)));
}

interface Expanding {
  readonly view: StateView;
  readonly json: JsonObject;
  readonly words: string | null;
  readonly settings: ArmSettings;
}

function expand(
  type: ResourceType | undefined,
  resource: StoredResource | undefined,
  { view, json, words, settings }: Expanding,
): JsonObject {
  if (words === null || type?.expand === undefined || resource === undefined) return json;
  const wanted = new Set(words.toLowerCase().split(','));
  const more = Object.entries(type.expand).filter(([word]) => wanted.has(word.toLowerCase()));
  const members = Object.assign({}, ...more.map(([, of]) => of(resource, view, settings)));
  return { ...json, properties: { ...objectOf(json['properties']), ...members } };
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
  if (outcome.operation !== undefined)
    return answerUnderWay(
      pipe,
      { request, apiVersion },
      { id, created: outcome.created, operation: outcome.operation },
    );
  return at(generation, outcome.created ? createdJson(outcome.json, etag) : okJson(outcome.json, etag));
}

/** The resource as it is a moment after it was written; while its operation is under way, or has failed, with where to ask. */
async function answerUnderWay(
  pipe: Pipe,
  { request, apiVersion }: Asked,
  { id, created, operation }: { readonly id: ResourceId; readonly created: boolean; readonly operation: string },
): Promise<Reply> {
  const found = await operationAfter(pipe, request, operation);
  const view = pipe.state.view();
  const read = pipe.engine.read(contextOf(pipe, view, request), id, apiVersion);
  const state = found?.operation.state;
  // What could not be made is not there: the answer says why.
  if (view.get(id.key) === undefined && state?.kind === 'failed') return at(view.generation, refuseArm(state.error));
  if (read.kind === 'refused') return at(view.generation, refuseArm(read.error));
  const isOver = found === undefined || found.operation.state.kind === 'succeeded';
  const headers = { ...etagOf(view.get(id.key)), ...(isOver ? {} : pollHeaders(pipe, found, apiVersion)) };
  return at(view.generation, created ? createdJson(read.json, headers) : okJson(read.json, headers));
}

function etagOf(resource: StoredResource | undefined): { readonly etag?: string } {
  return resource === undefined ? {} : { etag: resource.etag };
}

async function remove(pipe: Pipe, id: ResourceId, { request, apiVersion }: Asked): Promise<Reply> {
  const type = pipe.index.type(id.type);
  const wrong = type === undefined ? undefined : versionRefusal(type, apiVersion);
  if (wrong !== undefined) return refuse(pipe, wrong);
  let shown: JsonObject | undefined;
  const { value, generation } = await pipe.state.commit((view): Decision<EngineRemoval | Begun> => {
    const refusal = preconditionRefusal(request, view.get(id.key));
    const context = contextOf(pipe, view, request);
    const outcome: EngineRemoval = refusal === undefined ? pipe.engine.remove(context, id) : refused(refusal);
    const existing = view.get(id.key);
    if (outcome.kind === 'removed' && type?.deletion === 'shown' && existing !== undefined)
      shown = type.project(existing, apiVersion, view, context.settings);
    if (outcome.kind === 'removed' && type?.removedBy !== undefined) return beginRemoval(context, id, type.removedBy);
    return { value: outcome, changes: outcome.kind === 'removed' ? outcome.changes : [] };
  });
  switch (value.kind) {
    case 'begun':
      return answerBegun(pipe, request, value.operation);
    case 'removed':
      if (type?.deletion === 'no-content') return at(generation, noContent());
      return at(generation, shown === undefined ? okBytes('', {}) : okJson(shown));
    case 'absent':
      return at(generation, isGroup(id) ? refuseArm(resourceNotFound(id)) : noContent());
    case 'refused':
      return at(generation, refuseArm(value.error));
  }
}

interface Begun {
  readonly kind: 'begun';
  readonly operation: string;
}

/** What can go, and takes its time, is `Deleting` until it is gone. Who asks again is told of the same operation. */
function beginRemoval(context: VerbContext, { key }: ResourceId, kind: string): Decision<Begun> {
  const known = runningOperations(context.view).find((one) => one.resource === key && one.kind === kind);
  const resource = context.view.get(key);
  if (known !== undefined || resource === undefined)
    return { value: { kind: 'begun', operation: known?.id ?? '' }, changes: [] };
  const { id, changes } = beginOperation(context, resource, { kind });
  const properties = { ...resource.properties, provisioningState: 'Deleting' };
  const leaving = { ...resource, properties, etag: `"${context.newUuid()}"`, changedMs: context.nowMs };
  return { value: { kind: 'begun', operation: id }, changes: [{ kind: 'put', resource: leaving }, ...changes] };
}
