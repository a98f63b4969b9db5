import type { Reply } from '../http/reply.ts';
import { refuse } from '../http/reply.ts';
import type { Occasion } from '../store/port.ts';
import type { RegistryServices } from '../registry/call.ts';
import { type BoundRoute, compileRoutes } from '../registry/route.ts';
import { REGISTRY_ROUTES } from '../registry/routes.ts';
import { type AuthoriseServices, authorise } from './authorise.ts';
import { answerOauth } from './oauth.ts';
import type { Judgement } from './admission.ts';
import type { DataLinks } from './data-endpoint.ts';
import { type FairShareServices, type Crowded, enterAsAddress, enterAsIdentity } from './fair-share.ts';
import { explained, type GateServices, judge, refusal } from './gate.ts';
import type { Exchange } from './exchange.ts';
import type { Plane } from './respond.ts';
import type { ServedRegistry, Snapshot } from './snapshot.ts';

/** What the data plane works with. */
export interface DataPlaneServices extends AuthoriseServices, Omit<GateServices, 'metrics'>, FairShareServices {
  readonly metrics: AuthoriseServices['metrics'] & GateServices['metrics'] & FairShareServices['metrics'];
  /** How refused networks are answered: at once, or as by today's service (facts/acr.md §2.2). */
  readonly denial: 'article' | 'current';
  readonly content: RegistryServices;
  readonly snapshot: () => Snapshot;
  /** Links to data endpoints. */
  readonly links: DataLinks;
  /** Called after a request that webhooks may be told of. */
  readonly announced: () => void;
}

/**
 * Answers the requests of all registries, in this order: which registry, which network, has it its share, which route, who calls, may they, and only
 * then the handler, which is the first to touch the body (invariant 1).
 */
export function dataPlane(services: DataPlaneServices): Plane {
  const bind = compileRoutes(REGISTRY_ROUTES);
  return async (exchange) => {
    const { registries, dataEndpoints } = services.snapshot();
    const { host } = exchange.target;
    const registry = registries.get(host) ?? dataEndpoints.get(host);
    if (registry === undefined) return refuseHost(host);
    const judgement = judge(services, exchange, registry);
    if (judgement.verdict.kind === 'refused') return refused(services, exchange, { registry, judgement, bind });
    const crowded = enterAsAddress(services, exchange);
    if (crowded !== undefined) return tooMany(crowded);
    return explained(await answer(services, exchange, { registry, bind }), exchange, judgement);
  };
}

interface Asked {
  readonly registry: ServedRegistry;
  readonly bind: ReturnType<typeof compileRoutes>;
}

/** Today's service lets anybody see its challenge, and refuses at the token service and all who have a token. */
async function refused(
  services: DataPlaneServices,
  exchange: Exchange,
  { registry, bind, judgement }: Asked & { readonly judgement: Judgement },
): Promise<Reply> {
  const { method, path, headers } = exchange.incoming;
  const challenges =
    services.denial === 'current' && headers.authorization === undefined && !path.startsWith('/oauth2/');
  const bound = challenges ? bind(method, path) : undefined;
  if (bound === undefined || 'status' in bound) return refusal(judgement);
  const caller = await authorise(services, exchange, { registry, bound });
  return 'status' in caller && caller.status === 401 ? caller : refusal(judgement);
}

async function answer(services: DataPlaneServices, exchange: Exchange, { registry, bind }: Asked): Promise<Reply> {
  const { method, path } = exchange.incoming;
  if (path.startsWith('/oauth2/')) return answerOauth(services, exchange, registry);
  const bound = (exchange.found.bound ??= bind(method, path));
  if ('status' in bound) return bound;
  exchange.route = bound.route.spec;
  if (exchange.target.host === registry.dataHost) return answerData(services, exchange, { registry, bound });
  const caller = await authorise(services, exchange, { registry, bound });
  if ('status' in caller) return caller;
  const crowded = enterAsIdentity(services, exchange);
  if (crowded !== undefined) return tooMany(crowded);
  const nowMs = services.now();
  const occasion = registry.announces && isChange(method) ? occasionOf(exchange, registry, nowMs) : undefined;
  const reply = await bound.run({
    ...blobLocation(services, exchange, { registry, bound }),
    services: services.content,
    registry: registry.settings,
    incoming: exchange.incoming,
    nowMs,
    ...(occasion === undefined ? {} : { occasion }),
    may: (action, repository) => caller.allows(action, repository),
  });
  if (occasion !== undefined) services.announced();
  return reply;
}

/** Where the bytes of a blob are to be had, for a registry with a dedicated data endpoint. */
function blobLocation(
  services: DataPlaneServices,
  { facts, incoming }: Exchange,
  { registry, bound }: Bound,
): { readonly blobLocation?: string } {
  const { dataHost, settings } = registry;
  if (dataHost === undefined || !isBlob(bound) || incoming.method !== 'GET') return {};
  const origin = new URL(services.origin(registry, facts.scheme));
  origin.hostname = dataHost;
  return { blobLocation: `${origin.origin}${services.links.sign(settings.uid, incoming.path, services.now())}` };
}

interface Bound {
  readonly registry: ServedRegistry;
  readonly bound: BoundRoute;
}

function isBlob({ route }: BoundRoute): boolean {
  return route.path === '/v2/{name}/blobs/{digest}';
}

/** A data endpoint serves blobs to whoever has a link to them, and nothing else; its network was judged before. */
async function answerData(
  services: DataPlaneServices,
  { incoming }: Exchange,
  { registry, bound }: Bound,
): Promise<Reply> {
  const nowMs = services.now();
  const reads = incoming.method === 'GET' || incoming.method === 'HEAD';
  if (!isBlob(bound) || !reads || !services.links.isGood(registry.settings.uid, incoming, nowMs))
    return refuse({
      code: 'DENIED',
      message:
        'this is a data endpoint: it serves what a registry has just sent a client to it for; ask the registry again',
    });
  return bound.run({ services: services.content, registry: registry.settings, incoming, nowMs, may: () => true });
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

function tooMany({ message, retryAfterS }: Crowded): Reply {
  return refuse({ code: 'TOOMANYREQUESTS', message }, { 'retry-after': String(retryAfterS) });
}

function refuseHost(host: string): Reply {
  return refuse({
    code: 'MISDIRECTED',
    message: `no registry is served as ${host}: check the name in the reference, or declare the registry`,
  });
}
