import type { AuthServices } from '../auth/services.ts';
import { answerExchange, answerToken } from '../auth/token-endpoint.ts';
import { type Reply, refuse } from '../http/reply.ts';
import type { Exchange } from './exchange.ts';
import type { ServedRegistry } from './snapshot.ts';

/** What the token service works with. */
interface OauthServices {
  readonly auth: AuthServices;
  readonly now: () => number;
}

/** Answers the token service of one registry (facts/acr.md §3.2): its two paths need no token, and read small forms. */
export async function answerOauth(
  services: OauthServices,
  exchange: Exchange,
  registry: ServedRegistry,
): Promise<Reply> {
  const { incoming } = exchange;
  const asked = `${incoming.method} ${incoming.path}`;
  switch (asked) {
    case 'GET /oauth2/token':
    case 'POST /oauth2/token':
      exchange.route = 'oauth2-token';
      return answerToken(services.auth, incoming, registry.view, services.now());
    case 'POST /oauth2/exchange':
      exchange.route = 'oauth2-exchange';
      return answerExchange(services.auth, incoming, registry.view, services.now());
    default:
      return refuse({ code: 'ENDPOINT_UNKNOWN' });
  }
}
