import type { Excess } from '../limit/client.ts';
import type { Clients } from '../limit/clients.ts';
import type { Metrics } from '../telemetry/metric.ts';
import type { Exchange } from './exchange.ts';

/** Why a request is answered 429: who has too much, of what, and when it may be made again. */
export interface Crowded {
  readonly message: string;
  readonly retryAfterS: number;
}

/** What the shares of clients are counted with. */
export interface FairShareServices {
  /** Whoever signed in, by principal. */
  readonly identities: Clients;
  readonly metrics: Pick<Metrics, 'clientLimited'>;
}

/** Counts a request to its address's share, until it is answered; a {@link Crowded} refuses it. */
export function enterAsAddress({ metrics }: FairShareServices, exchange: Exchange): Crowded | undefined {
  const { client, startedMs, facts } = exchange;
  const excess = client.enter(startedMs);
  if (excess === undefined) {
    exchange.entered = true;
    return undefined;
  }
  metrics.clientLimited('address', excess);
  return { message: told(excess, `address ${facts.remoteAddress}`), retryAfterS: client.retryAfterS(excess) };
}

/** The same for who signed in, which is known later. Nobody in particular is limited by address alone. */
export function enterAsIdentity({ identities, metrics }: FairShareServices, exchange: Exchange): Crowded | undefined {
  const { principal, startedMs } = exchange;
  if (principal === undefined || principal === 'anonymous') return undefined;
  const identity = identities.of(principal, startedMs);
  const excess = identity.enter(startedMs);
  if (excess === undefined) {
    exchange.identity = identity;
    return undefined;
  }
  metrics.clientLimited('identity', excess);
  return { message: told(excess, principal), retryAfterS: identity.retryAfterS(excess) };
}

/** Takes an answered request out of the shares that it was counted to. */
export function leaveShares({ client, entered, identity }: Exchange): void {
  if (entered) client.leave();
  identity?.leave();
}

function told(excess: Excess, who: string): string {
  switch (excess) {
    case 'requests':
      return `too many requests of ${who} are under way at once; wait until some are answered`;
    case 'rate':
      return `too many requests of ${who} in the last minute; ask again later`;
  }
}
