import { verifyArmToken } from '../auth/arm-token.ts';
import type { AuthServices } from '../auth/services.ts';
import { okJson, type Reply } from '../http/reply.ts';
import type { ControlRoute } from './control-plane.ts';
import { refuseUnlessOwner } from './credential-actions.ts';
import type { Exchange } from './respond.ts';

/** The subscriptions and tenants that who logs in finds: one of each (facts/acr.md §4.1, step 3). */
export function subscriptionRoutes(auth: AuthServices, now: () => number): readonly ControlRoute[] {
  const list = (spec: string, path: string, one: () => object): ControlRoute => ({
    spec,
    method: 'GET',
    path,
    handle: async (exchange) => (await refusalOf(auth, exchange, now())) ?? okJson({ value: [one()] }),
  });
  return [
    list('arm-subscriptions', '/subscriptions', () => subscriptionJson(auth)),
    list('arm-tenants', '/tenants', () => tenantJson(auth)),
  ];
}

async function refusalOf(auth: AuthServices, exchange: Exchange, nowMs: number): Promise<Reply | undefined> {
  const who = await verifyArmToken(auth, exchange.incoming.headers.authorization, nowMs);
  if (who.kind === 'principal') exchange.principal = `service-principal/${who.principal.clientId}`;
  return refuseUnlessOwner(who);
}

function subscriptionJson({ directory }: AuthServices): object {
  const { subscriptionId, tenantId } = directory.snapshot();
  const id = `/subscriptions/${subscriptionId}`;
  return { id, subscriptionId, tenantId, displayName: 'Seawall', state: 'Enabled' };
}

function tenantJson({ directory }: AuthServices): object {
  const { tenantId } = directory.snapshot();
  return { id: `/tenants/${tenantId}`, tenantId, displayName: 'Seawall' };
}
