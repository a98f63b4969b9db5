import { addressOf, type Identity } from '../network/identity.ts';
import type { Denials } from '../denials/port.ts';
import { type Reply, refuseClient, withHeaders } from '../http/reply.ts';
import type { Metrics } from '../telemetry/metric.ts';
import type { Admission, Judgement } from './admission.ts';
import type { InFlight } from './in-flight.ts';
import type { Exchange } from './exchange.ts';
import type { ServedRegistry } from './snapshot.ts';

/** What stands before every path of the data plane (invariant 6). */
export interface GateServices {
  readonly admission: Pick<Admission, 'judge'>;
  readonly inFlight: InFlight;
  readonly denials: Denials;
  readonly metrics: Pick<Metrics, 'admissionJudged'>;
  readonly now: () => number;
}

/** A client that asks by this header is told by the answer's headers why it was let in. */
const ASK = 'x-seawall-explain';

/** Judges a request by its connection alone, and keeps it judged until its last byte. A refusal is counted and kept. */
export function judge(services: GateServices, exchange: Exchange, registry: ServedRegistry): Judgement {
  const { uid, name } = registry.settings;
  const judgement = services.admission.judge(uid, exchange.facts);
  const { verdict, identity, generation } = judgement;
  services.metrics.admissionJudged(verdict);
  exchange.admission = { reason: verdict.reason, generation };
  if (verdict.kind === 'allowed') {
    exchange.ended(services.inFlight.enter({ facts: exchange.facts, registry: uid, exchange }));
    return judgement;
  }
  const { method, path, headers } = exchange.incoming;
  const userAgent = headers['user-agent'];
  services.denials.add({
    atMs: services.now(),
    registry: name,
    address: addressOf(identity),
    ...byOf(identity),
    reason: verdict.reason,
    generation,
    method,
    path,
    ...(userAgent === undefined ? {} : { userAgent }),
    correlationId: exchange.correlationId,
  });
  return judgement;
}

/** The subnet or the private endpoint that somebody came by. */
function byOf(identity: Identity): { readonly by?: string } {
  switch (identity.kind) {
    case 'subnet':
      return { by: identity.subnet.id };
    case 'public':
      return identity.subnet === undefined ? {} : { by: identity.subnet.id };
    case 'private-endpoint':
      return { by: identity.endpoint.id };
    case 'trusted-service':
      return { by: identity.service };
    case 'unattributed':
      return {};
  }
}

/** The article's 403, at once, with the reason (facts/acr.md §2.1). */
export function refusal({ identity, verdict, generation }: Judgement): Reply {
  return refuseClient(addressOf(identity), { 'x-seawall-reason': verdict.reason, 'x-seawall-generation': generation });
}

/** An answer of the data plane, with why it was given where the client asked. */
export function explained(reply: Reply, exchange: Exchange, { identity, verdict, generation }: Judgement): Reply {
  if (exchange.incoming.headers[ASK] === undefined) return reply;
  const rule = 'rule' in verdict && verdict.rule !== undefined ? { 'x-seawall-rule': verdict.rule } : {};
  return withHeaders(reply, {
    'x-seawall-reason': verdict.reason,
    'x-seawall-generation': generation,
    'x-seawall-address': addressOf(identity),
    ...rule,
  });
}
