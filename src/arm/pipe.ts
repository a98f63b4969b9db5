import type { ArmError } from '../azure/error.ts';
import type { ResourceId } from '../azure/resource-id.ts';
import { type Reply, accepted, noContent, okHead, okJson, refuseArm } from '../http/reply.ts';
import type { Generation, State, StateView } from '../state/port.ts';
import type { ArmEffect } from './effect.ts';
import { permissionRefusal } from './engine.ts';
import { findOperation, type FoundOperation } from './operation.ts';
import type { OperationRunner } from './operation-runner.ts';
import type { ProviderIndex } from './provider-index.ts';
import type { ArmRequest } from './request.ts';
import type { ArmRoute } from './resource-type.ts';
import { type ActionOutcome, type ArmSettings, type ResourceEngine, type VerbContext } from './verb.ts';

/** What the pipeline works with. */
export interface PipelineServices {
  readonly state: State;
  readonly index: ProviderIndex;
  readonly effects: readonly ArmEffect[];
  readonly operations: Pick<OperationRunner, 'settled'>;
  /** Routes beside those of the providers: of what other parts of the server keep. */
  readonly routes: readonly ArmRoute[];
  readonly settings: () => ArmSettings;
  /** The origin of the management API as clients see it, without a final slash. */
  readonly origin: string;
  readonly now: () => number;
  readonly newUuid: () => string;
}

/** What every part of the pipeline works with. */
export interface Pipe extends PipelineServices {
  readonly engine: ResourceEngine;
}

/** One request, with the api-version it names. */
export interface Asked {
  readonly request: ArmRequest;
  readonly apiVersion: string;
}

/** What a verb may know, for one request on one view. */
export function contextOf(pipe: Pipe, view: StateView, { caller, secrets }: ArmRequest): VerbContext {
  const { now, newUuid, origin, engine, settings } = pipe;
  const asked = secrets === undefined ? {} : { secrets };
  return { view, settings: settings(), nowMs: now(), caller, newUuid, origin, engine, ...asked };
}

/** The answer with the generation that it is of. */
export function at(generation: Generation, reply: Reply): Reply {
  return {
    ...reply,
    headers: { ...reply.headers, 'x-seawall-generation': `${generation.epoch}.${generation.sequence}` },
  };
}

/** A refusal, of the newest generation. */
export function refuse({ state }: Pipe, error: ArmError, headers: Reply['headers'] = {}): Reply {
  return at(state.view().generation, refuseArm(error, headers));
}

/** Runs an action in one commit when it may change something. */
export async function act(
  pipe: Pipe,
  request: ArmRequest,
  run: (context: VerbContext) => ActionOutcome,
): Promise<Reply> {
  if (request.method === 'GET' || request.method === 'HEAD') {
    const view = pipe.state.view();
    return at(view.generation, answerOf(run(contextOf(pipe, view, request))));
  }
  const { value, generation } = await pipe.state.commit((view) => {
    const outcome = run(contextOf(pipe, view, request));
    const changes = outcome.kind === 'answered' || outcome.kind === 'begun' ? (outcome.changes ?? []) : [];
    return { value: outcome, changes };
  });
  if (value.kind === 'begun') return answerBegun(pipe, request, value.operation);
  return at(generation, answerOf(value));
}

/** An operation as it stands a moment later, or at once where the client would rather poll. */
export async function operationAfter(
  pipe: Pipe,
  { respondAsync }: ArmRequest,
  id: string,
): Promise<FoundOperation | undefined> {
  if (!respondAsync) await pipe.operations.settled(id);
  return findOperation(pipe.state.view(), id);
}

/** Where clients ask how an operation stands. */
export function pollHeaders({ origin }: Pipe, { status }: FoundOperation, apiVersion: string): Reply['headers'] {
  const query = `?api-version=${encodeURIComponent(apiVersion)}`;
  return { 'azure-asyncoperation': `${origin}${status}${query}`, 'retry-after': '1' };
}

/** What an action or a deletion that takes its time comes to: its result, its refusal, or 202 and where to ask. */
export async function answerBegun(pipe: Pipe, request: ArmRequest, id: string): Promise<Reply> {
  const found = await operationAfter(pipe, request, id);
  const { generation } = pipe.state.view();
  const nothing = at(generation, okHead({ 'content-length': '0' }));
  if (found === undefined) return nothing;
  const { operation, result } = found;
  switch (operation.state.kind) {
    case 'succeeded':
      return operation.state.result === undefined ? nothing : at(generation, okJson(operation.state.result));
    case 'failed':
    case 'canceled':
      return at(generation, refuseArm(operation.state.error));
    case 'running': {
      const apiVersion = request.query.get('api-version') ?? '';
      const location = `${pipe.origin}${result}?api-version=${encodeURIComponent(apiVersion)}`;
      return at(generation, accepted({ ...pollHeaders(pipe, found, apiVersion), location }));
    }
  }
}

function askAgain(seconds: number | undefined): Reply['headers'] {
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}

function answerOf(outcome: ActionOutcome): Reply {
  switch (outcome.kind) {
    case 'answered':
      return outcome.body === undefined ? noContent() : okJson(outcome.body, askAgain(outcome.askAgainS));
    case 'begun':
      throw new TypeError('a request that changes nothing began an operation');
    case 'running':
      return accepted({ location: outcome.location, 'retry-after': '1' }, outcome.body);
    case 'refused':
      return refuseArm(outcome.error);
  }
}

/** Why the caller may not do an action at a scope. */
export function notAllowed(context: VerbContext, action: string, scope: ResourceId | undefined): ArmError {
  const refusal = scope === undefined ? undefined : permissionRefusal(context, action, scope);
  return (
    refusal ?? {
      code: 'AuthorizationFailed',
      message: `The client does not have authorization to perform action '${action}'.`,
    }
  );
}

/** Whether an id is that of a resource group. */
export function isGroup({ type }: ResourceId): boolean {
  return type.toLowerCase() === 'microsoft.resources/resourcegroups';
}

/** The refusal of a method that a type does not have. */
export function wrongMethod(method: string, type: string): ArmError {
  return { code: 'MethodNotAllowed', message: `${method} is not possible on '${type}'.` };
}
