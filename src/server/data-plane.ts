import type { Reply } from '../http/reply.ts';
import { refuse } from '../http/reply.ts';
import type { Occasion } from '../store/port.ts';
import type { RegistryServices } from '../registry/call.ts';
import { compileRoutes } from '../registry/route.ts';
import { REGISTRY_ROUTES } from '../registry/routes.ts';
import { type AuthoriseServices, authorise } from './authorise.ts';
import { answerOauth } from './oauth.ts';
import type { Exchange, Plane } from './respond.ts';
import type { ServedRegistry, Snapshot } from './snapshot.ts';

/** What the data plane works with. */
export interface DataPlaneServices extends AuthoriseServices {
  readonly content: RegistryServices;
  readonly snapshot: () => Snapshot;
  /** Called after a request that webhooks may be told of. */
  readonly announced: () => void;
}

/**
 * Answers the requests of all registries, in this order: which registry, which route, who calls, may they, and only
 * then the handler, which is the first to touch the body (invariant 1).
 */
export function dataPlane(services: DataPlaneServices): Plane {
  const bind = compileRoutes(REGISTRY_ROUTES);
  return async (exchange) => {
    const registry = services.snapshot().registries.get(exchange.target.host);
    if (registry === undefined) return refuseHost(exchange.target.host);
    const { method, path } = exchange.incoming;
    if (path.startsWith('/oauth2/')) return answerOauth(services, exchange, registry);
    const bound = bind(method, path);
    if ('status' in bound) return bound;
    exchange.route = bound.route.spec;
    const caller = await authorise(services, exchange, { registry, bound });
    if ('status' in caller) return caller;
    const nowMs = services.now();
    const occasion = registry.announces && isChange(method) ? occasionOf(exchange, registry, nowMs) : undefined;
    const reply = await bound.run({
      services: services.content,
      registry: registry.settings,
      incoming: exchange.incoming,
      nowMs,
      ...(occasion === undefined ? {} : { occasion }),
      may: (action, repository) => caller.allows(action, repository),
    });
    if (occasion !== undefined) services.announced();
    return reply;
  };
}

function isChange(method: string): boolean {
  return method === 'PUT' || method === 'DELETE';
}

/** What webhooks learn of a request. */
function occasionOf(
  { correlationId, facts, incoming }: Exchange,
  { settings }: ServedRegistry,
  nowMs: number,
): Occasion {
  const userAgent = incoming.headers['user-agent'] ?? '';
  const { method } = incoming;
  return { request: correlationId, host: settings.loginServer, method, userAgent, address: facts.remoteAddress, nowMs };
}

function refuseHost(host: string): Reply {
  return refuse({
    code: 'MISDIRECTED',
    message: `no registry is served as ${host}: check the name in the reference, or declare the registry`,
  });
}
