import { formatPrincipal } from '../access/principal.ts';
import { type Authentication, authenticate } from '../auth/authenticate.ts';
import type { Caller, Permission } from '../auth/caller.ts';
import { type Challenge, type NeededAccess, challengeDetail, formatChallenge } from '../auth/challenge.ts';
import type { AuthServices } from '../auth/services.ts';
import { type Reply, refuse } from '../http/reply.ts';
import type { BoundRoute } from '../registry/route.ts';
import type { Metrics } from '../telemetry/metric.ts';
import type { Exchange } from './respond.ts';
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
  const { authorization } = exchange.incoming.headers;
  const who = await authenticate(services.auth, authorization, asked.registry.view, services.now());
  const needed = neededBy(asked.bound);
  const challenging: Challenging = { origin: services.origin(asked.registry, exchange.facts.scheme), asked, needed };
  if (who.kind === 'rejected') {
    services.metrics.authRejected(who.why);
    return unauthorised({ ...challenging, message: who.message, error: 'invalid_token' });
  }
  if (who.kind === 'caller') exchange.principal = formatPrincipal(who.caller.principal);
  const permission = judge(who, asked.bound);
  switch (permission) {
    case 'allowed':
      return who.caller;
    case 'insufficient-scope':
      return unauthorised({ ...challenging, error: 'insufficient_scope' });
    case 'denied':
      return who.kind === 'anonymous' ? unauthorised(challenging) : denied(needed);
  }
}

function judge(who: Exclude<Authentication, { kind: 'rejected' }>, { route, repository }: BoundRoute): Permission {
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

function neededBy({ route, repository }: BoundRoute): NeededAccess {
  switch (route.access.kind) {
    case 'login':
    case 'catalog':
      return { kind: route.access.kind };
    case 'repository':
      return { kind: 'repository', name: repository ?? '', action: route.access.anyOf[0] };
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
