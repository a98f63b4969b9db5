import { type Pipe, type PipelineServices, refuse } from './pipe.ts';
import { answerBelowScope, answerRoute, scopeRoute } from './route-answer.ts';
import { answerResource } from './resource-answer.ts';
import { answerBelow } from './collection-answer.ts';
import type { ArmError } from '../azure/error.ts';
import { parseArmPath } from '../azure/resource-id.ts';
import type { Reply } from '../http/reply.ts';
import { compileRouter } from '../http/router.ts';
import { createEngine } from './engine.ts';
import { OPERATION_ROUTES } from './operation-route.ts';
import type { ArmRequest } from './request.ts';

/** Answers requests of the management API. */
export type Pipeline = (request: ArmRequest) => Promise<Reply>;

/** Makes the pipeline: one `state.commit` decides and makes every change; reads are of the newest view. */
export function createPipeline(services: PipelineServices): Pipeline {
  const engine = createEngine(services.index);
  const routes = [
    ...services.index.providers.flatMap((provider) => provider.routes ?? []),
    ...OPERATION_ROUTES,
    ...services.routes,
  ];
  const router = compileRouter(routes, 'ignored');
  const pipe: Pipe = { ...services, engine };
  return async (asked) => {
    const request = { ...asked, path: tidy(asked.path) };
    const apiVersion = request.query.get('api-version') ?? request.query.get('api-Version') ?? '';
    if (apiVersion === '') return refuse(pipe, missingVersion());
    const match = router(request.method, request.path);
    if (match.kind === 'found')
      return answerRoute(pipe, match.route, { request, apiVersion, parameters: match.parameters });
    const below = scopeRoute(services.index, request);
    if (below !== undefined) return answerBelowScope(pipe, below, request);
    const path = parseArmPath(request.path);
    if (path === undefined) return refuse(pipe, notAPath(request.path));
    return path.kind === 'resource'
      ? answerResource(pipe, path.id, { request, apiVersion })
      : answerBelow(pipe, path, { request, apiVersion });
  };
}

/** Doubled slashes and one at the end mean nothing, as in Azure. */
function tidy(path: string): string {
  return path.replaceAll(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
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
