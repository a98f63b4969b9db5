import { type Asked, type Pipe, act, notAllowed } from './pipe.ts';
import { type ResourceId, parseArmPath } from '../azure/resource-id.ts';
import type { Reply } from '../http/reply.ts';
import { may } from './authorise.ts';
import { permissionRefusal } from './engine.ts';
import type { ProviderIndex } from './provider-index.ts';
import type { ArmRequest } from './request.ts';
import type { ArmRoute, ScopeRoute } from './resource-type.ts';
import { refused } from './verb.ts';

/** Answers a route of a provider. */
export async function answerRoute(
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

interface BelowScope {
  readonly route: ScopeRoute;
  readonly scope: ResourceId;
}

/** The route that a path below some scope names. */
export function scopeRoute({ providers }: ProviderIndex, { method, path }: ArmRequest): BelowScope | undefined {
  const lower = path.toLowerCase();
  const routes = providers.flatMap((provider) => provider.scopeRoutes ?? []);
  const route = routes.find((one) => one.method === method && lower.endsWith(`/${one.below.toLowerCase()}`));
  const scope = route === undefined ? undefined : parseArmPath(path.slice(0, -route.below.length - 1));
  return route === undefined || scope?.kind !== 'resource' ? undefined : { route, scope: scope.id };
}

/** Answers a route below any scope. */
export function answerBelowScope(pipe: Pipe, { route, scope }: BelowScope, request: ArmRequest): Promise<Reply> {
  return act(pipe, request, (context) => {
    const forbidden = permissionRefusal(context, route.permission, scope);
    return forbidden === undefined ? route.run(context, { scope, body: request.body }) : refused(forbidden);
  });
}

/** The subscription or group in a route's parameters. */
function scopeOfRoute({ subscription, group }: Readonly<Record<string, string>>): ResourceId | undefined {
  if (subscription === undefined) return undefined;
  const path = parseArmPath(`/subscriptions/${subscription}${group === undefined ? '' : `/resourceGroups/${group}`}`);
  return path?.kind === 'resource' ? path.id : undefined;
}
