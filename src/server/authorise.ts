import { formatPrincipal } from '../access/principal.ts';
import { type Authentication, authenticate } from '../auth/authenticate.ts';
import { parseAuthorization } from '../auth/authorization-header.ts';
import type { Caller, Permission } from '../auth/caller.ts';
import { type Challenge, type NeededAccess, challengeDetail, formatChallenge } from '../auth/challenge.ts';
import type { AuthServices } from '../auth/services.ts';
import { type Reply, refuse } from '../http/reply.ts';
import { parseRepositoryName } from '../oci/reference.ts';
import type { BoundRoute } from '../registry/route.ts';
import type { Metrics } from '../telemetry/metric.ts';
import type { Exchange } from './exchange.ts';
import type { ServedRegistry } from './snapshot.ts';

/** What deciding on a request needs. */
export interface AuthoriseServices {
  readonly auth: AuthServices;
  readonly metrics: Pick<Metrics, 'authRejected'>;
  readonly now: () => number;
  /** The URL clients reach a registry at, without a final slash; never derived from a request's headers. */
  readonly origin: (registry: ServedRegistry, scheme: 'https' | 'http') => string;
}

/** What was asked of which registry. */
export interface Asked {
  readonly registry: ServedRegistry;
  readonly bound: BoundRoute;
}

/** Says who calls when they may do what the route needs; a {@link Reply} refuses: 401 with a challenge, or 403. */
export async function authorise(
  services: AuthoriseServices,
  exchange: Exchange,
  asked: Asked,
): Promise<Caller | Reply> {
  const authorization = (exchange.found.authorization ??= parseAuthorization(exchange.incoming.headers.authorization));
  const who = await authenticate(services.auth, authorization, asked.registry.view, services.now());
  const needed = neededBy(asked.bound, exchange.incoming.query);
  const challenging: Challenging = { origin: services.origin(asked.registry, exchange.facts.scheme), asked, needed };
  if (who.kind === 'rejected') {
    services.metrics.authRejected(who.why);
    return unauthorised({ ...challenging, message: who.message, error: 'invalid_token' });
  }
  if (who.kind === 'caller') exchange.principal = formatPrincipal(who.caller.principal);
  const permission = judgeWithSource(who, asked.bound, needed);
  switch (permission) {
    case 'allowed':
      return who.caller;
    case 'insufficient-scope':
      return unauthorised({ ...challenging, error: 'insufficient_scope' });
    case 'denied':
      // Whoever has not signed in may still do so, with an anonymous token or without one.
      return who.caller.principal.kind === 'anonymous' ? unauthorised(challenging) : denied(needed);
  }
}

type Known = Exclude<Authentication, { kind: 'rejected' }>;

/**
 * A mount whose source the token leaves out, and another token would not, is answered with a challenge for both, as
 * clients keep a token for each repository. A source that no token opens is left to the handler, which asks for an upload.
 */
function judgeWithSource(who: Known, bound: BoundRoute, needed: NeededAccess): Permission {
  const permission = judge(who, bound);
  if (permission !== 'allowed' || needed.kind !== 'repository' || needed.source === undefined) return permission;
  const ofSource = who.caller.judge('pull', needed.source);
  return ofSource === 'insufficient-scope' ? ofSource : permission;
}

function judge(who: Known, { route, repository }: BoundRoute): Permission {
  switch (route.access.kind) {
    case 'login':
      return who.kind === 'caller' ? 'allowed' : 'denied';
    case 'catalog':
      return who.caller.judgeCatalog();
    case 'repository': {
      const permissions = route.access.anyOf.map((action) => who.caller.judge(action, repository ?? ''));
      return permissions.find((one) => one === 'allowed') ?? permissions.find((one) => one !== 'denied') ?? 'denied';
    }
  }
}

function neededBy({ route, repository }: BoundRoute, query: URLSearchParams): NeededAccess {
  switch (route.access.kind) {
    case 'login':
    case 'catalog':
      return { kind: route.access.kind };
    case 'repository': {
      const { source: parameter, anyOf } = route.access;
      const source = parameter === undefined ? undefined : parseRepositoryName(query.get(parameter) ?? '');
      const second = source === undefined ? {} : { source };
      return { kind: 'repository', name: repository ?? '', action: anyOf[0], ...second };
    }
  }
}

interface Challenging {
  readonly origin: string;
  readonly asked: Asked;
  readonly needed: NeededAccess;
  readonly message?: string;
  readonly error?: NonNullable<Challenge['error']>;
}

function unauthorised({ origin, asked, needed, message, error }: Challenging): Reply {
  const value = formatChallenge({
    realmBase: origin,
    loginServer: asked.registry.view.loginServer,
    needed,
    ...(error === undefined ? {} : { error }),
  });
  const standard = 'authentication required, visit https://aka.ms/acr/authorization for more information.';
  return refuse(
    { code: 'UNAUTHORIZED', message: message ?? standard, detail: challengeDetail(needed) },
    { 'www-authenticate': value },
  );
}

function denied(needed: NeededAccess): Reply {
  return refuse({ code: 'DENIED', detail: challengeDetail(needed) });
}
