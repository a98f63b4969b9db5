/**
 * Work that is not over when its request is decided. An operation is kept with the change that began it, in the same
 * commit, and ended in the commit of what came of it: after a crash it is done again. `operation-runner.ts` does the work.
 */
import { type ArmError, armErrorJson } from '../azure/error.ts';
import { type Json, type JsonObject, objectOf } from '../azure/json.ts';
import { keyOfId, parseResourceId, type ResourceKey } from '../azure/resource-id.ts';
import type { Change, StateView, StoredResource } from '../state/port.ts';
import type { ProviderIndex } from './provider-index.ts';
import type { VerbContext } from './verb.ts';
import { indexed } from './view-index.ts';

/** The type that operations are kept as: no provider has it, so they are in no list and no answer. */
const TYPE = 'seawall/operations';
/** How long an operation that is over can be asked for, in ms. */
const REMEMBERED_MS = 86_400_000;

/** What a verb wants done after its change is committed. */
export interface OperationWish {
  /** What does it: a name that the runner has an executor for. */
  readonly kind: string;
  /** What the executor is told, beside the resource. No secrets: it is kept as it is. */
  readonly input?: JsonObject;
  /** The ids of operations whose end is this one's: nothing carries it out by itself. */
  readonly waitsFor?: readonly string[];
}

/** How an operation ended. `also`: what changes with it. */
export type OperationEnd =
  | { readonly kind: 'succeeded'; readonly result?: Json; readonly also?: readonly Change[] }
  | { readonly kind: 'failed' | 'canceled'; readonly error: ArmError; readonly also?: readonly Change[] };

/** One operation. */
export interface Operation {
  readonly id: string;
  readonly kind: string;
  /** What it is about. */
  readonly resource: ResourceKey;
  readonly input: JsonObject;
  readonly waitsFor: readonly string[];
  /** The object id of who asked. */
  readonly caller: string;
  readonly startedMs: number;
  readonly endedMs: number | undefined;
  readonly state: { readonly kind: 'running' } | OperationEnd;
}

/** Begins an operation about a resource: its id, and what keeps it. */
export function beginOperation(
  { view, nowMs, newUuid, caller }: VerbContext,
  resource: Pick<StoredResource, 'key' | 'id' | 'location'>,
  { kind, input = {}, waitsFor = [] }: OperationWish,
): { readonly id: string; readonly changes: readonly Change[] } {
  const id = newUuid();
  const path = pathOf(resource, id);
  const kept: StoredResource = {
    key: keyOfId(path),
    id: path,
    uid: id,
    type: TYPE,
    name: id,
    tags: {},
    properties: { kind, resource: resource.key, input, waitsFor, state: { kind: 'running' } },
    envelope: {},
    etag: `"${id}"`,
    createdMs: nowMs,
    createdBy: caller,
    changedMs: nowMs,
    changedBy: caller,
  };
  const old = view.ofType(TYPE).filter((one) => !isRunning(one) && one.changedMs < nowMs - REMEMBERED_MS);
  return {
    id,
    changes: [...old.map(({ key }) => ({ kind: 'remove', key }) as const), { kind: 'put', resource: kept }],
  };
}

/** Where an operation is asked for: below the subscription and region of what it is about, as most of Azure has it. */
function pathOf({ id, location = 'global' }: Pick<StoredResource, 'id' | 'location'>, operation: string): string {
  const { subscription = '', type = '' } = parseResourceId(id) ?? {};
  const namespace = type.slice(0, type.indexOf('/'));
  return `/subscriptions/${subscription}/providers/${namespace}/locations/${location}/operations/${operation}`;
}

/** An operation with where clients ask for it: `status` tells how it stands, `result` what came of it. */
export interface FoundOperation {
  readonly operation: Operation;
  readonly status: string;
  readonly result: string;
}

/** The operation of an id; `undefined` when there is none, or none any more. */
export function findOperation(view: StateView, id: string): FoundOperation | undefined {
  const kept = indexed(view, byId).get(id.toLowerCase());
  if (kept === undefined) return undefined;
  const result = kept.id.replace(/\/operations\/([^/]+)$/, '/operationResults/$1');
  return { operation: read(kept), status: kept.id, result };
}

/** Every operation that is not over. */
export function runningOperations(view: StateView): readonly Operation[] {
  return indexed(view, running);
}

function byId(view: StateView): ReadonlyMap<string, StoredResource> {
  return new Map(view.ofType(TYPE).map((one) => [one.name, one]));
}

function running(view: StateView): readonly Operation[] {
  return view.ofType(TYPE).filter(isRunning).map(read);
}

function isRunning({ properties }: StoredResource): boolean {
  return objectOf(properties['state'])['kind'] === 'running';
}

/** What is kept was made here. */
function read({ name, createdMs, createdBy, changedMs, properties }: StoredResource): Operation {
  const { kind, resource, input, waitsFor, state } = properties as unknown as Pick<
    Operation,
    'kind' | 'resource' | 'input' | 'waitsFor' | 'state'
  >;
  const endedMs = state.kind === 'running' ? undefined : changedMs;
  return { id: name, kind, resource, input, waitsFor, caller: createdBy, startedMs: createdMs, endedMs, state };
}

/** What ends an operation: its own record, the resource it is about, and what waited for nothing but it. None when it is over. */
export function endOperation(
  index: ProviderIndex,
  context: Pick<VerbContext, 'view' | 'nowMs' | 'newUuid'>,
  id: string,
  end: OperationEnd,
): readonly Change[] {
  const kept = indexed(context.view, byId).get(id);
  if (kept === undefined || !isRunning(kept)) return [];
  const ended = { ...kept, properties: { ...kept.properties, state: stateJson(end) }, changedMs: context.nowMs };
  const first: readonly Change[] = [...(end.also ?? []), { kind: 'put', resource: ended }];
  const view = context.view.with(first);
  const about = view.get(read(kept).resource);
  const settled: readonly Change[] =
    about === undefined ? [] : [{ kind: 'put', resource: settle(index, { ...context, view }, about, end) }];
  const changes = [...first, ...settled];
  return [...changes, ...endWaiting(index, { ...context, view: context.view.with(changes) }, id)];
}

function stateJson(end: OperationEnd): JsonObject {
  if (end.kind !== 'succeeded') return { kind: end.kind, error: armErrorJson(end.error) };
  return { kind: end.kind, ...(end.result === undefined ? {} : { result: end.result }) };
}

/** Ends what waited for an operation, when nothing of what it waits for is under way any more. */
function endWaiting(
  index: ProviderIndex,
  context: Pick<VerbContext, 'view' | 'nowMs' | 'newUuid'>,
  id: string,
): readonly Change[] {
  let { view } = context;
  const changes: Change[] = [];
  for (const waiting of runningOperations(view).filter(({ waitsFor }) => waitsFor.includes(id))) {
    const states = waiting.waitsFor.map((one) => findOperation(view, one)?.operation.state);
    if (states.some((state) => state?.kind === 'running')) continue;
    const details = states.flatMap((state) =>
      state === undefined || state.kind === 'running' || state.kind === 'succeeded' ? [] : [state.error],
    );
    const message = 'At least one resource deployment operation failed. Please list deployment operations for details.';
    const end: OperationEnd =
      details.length === 0
        ? { kind: 'succeeded' }
        : { kind: 'failed', error: { code: 'DeploymentFailed', message, details } };
    const more = endOperation(index, { ...context, view }, waiting.id, end);
    changes.push(...more);
    view = view.with(more);
  }
  return changes;
}

/** The resource as it is when its operation is over: its type may say more than the word for it. */
function settle(
  index: ProviderIndex,
  context: Pick<VerbContext, 'view' | 'nowMs' | 'newUuid'>,
  resource: StoredResource,
  end: OperationEnd,
): StoredResource {
  const properties = { ...resource.properties, provisioningState: STATES[end.kind] };
  const settled = index.type(resource.type)?.settle?.(resource, end, context.view) ?? { ...resource, properties };
  return { ...settled, etag: `"${context.newUuid()}"`, changedMs: context.nowMs };
}

const STATES = { running: 'InProgress', succeeded: 'Succeeded', failed: 'Failed', canceled: 'Canceled' } as const;

/** Ends what is under way about a resource, because something else is wanted of it now, or it goes. */
export function preempt(
  context: Pick<VerbContext, 'view' | 'nowMs' | 'newUuid'>,
  resource: ResourceKey,
  index: ProviderIndex,
): readonly Change[] {
  const error: ArmError = {
    code: 'OperationPreempted',
    message: 'The operation has been preempted by a more recent operation on the same resource.',
  };
  return runningOperations(context.view)
    .filter((one) => one.resource === resource)
    .flatMap(({ id }) => endOperation(index, context, id, { kind: 'canceled', error }));
}

/** How an operation stands, as Azure's clients poll it. */
export function statusOf({ operation, status }: FoundOperation): JsonObject {
  const { id, state, startedMs, endedMs } = operation;
  return {
    id: status,
    name: id,
    status: STATES[state.kind],
    startTime: new Date(startedMs).toISOString(),
    ...(endedMs === undefined ? {} : { endTime: new Date(endedMs).toISOString() }),
    ...(state.kind === 'succeeded' && state.result !== undefined ? { properties: { output: state.result } } : {}),
    ...('error' in state ? { error: armErrorJson(state.error) } : {}),
  };
}
