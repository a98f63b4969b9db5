import type { ArmError } from '../azure/error.ts';
import type { ResourceId } from '../azure/resource-id.ts';
import { type Reply, accepted, noContent, okJson, refuseArm } from '../http/reply.ts';
import type { Generation, State, StateView } from '../state/port.ts';
import type { ArmEffect } from './effect.ts';
import { permissionRefusal } from './engine.ts';
import type { ProviderIndex } from './provider-index.ts';
import type { ArmRequest } from './request.ts';
import type { ArmRoute } from './resource-type.ts';
import { type ActionOutcome, type ArmSettings, type ResourceEngine, type VerbContext } from './verb.ts';

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
export function contextOf(pipe: Pipe, view: StateView, { caller }: ArmRequest): VerbContext {
  const { now, newUuid, origin, engine, settings } = pipe;
  return { view, settings: settings(), nowMs: now(), caller, newUuid, origin, engine };
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
