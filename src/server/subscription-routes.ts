import { randomUUID } from 'node:crypto';
import { createdJson, refuseArm } from '../http/reply.ts';
import type { State } from '../state/port.ts';
import type { ControlRoute } from './control-plane.ts';
import { makeSubscription } from './first-state.ts';
import { readObject } from './management.ts';
import { type DirectoryServices, ownerRoute } from './owner-route.ts';

/** The route behind `seawall subscription create`: another subscription, whose Owner is the owner of the server. */
export function subscriptionRoutes(services: DirectoryServices & { readonly state: State }): readonly ControlRoute[] {
  const { directory, state, now } = services;
  return [
    ownerRoute(services, {
      spec: 'subscriptions',
      method: 'POST',
      path: '/seawall/subscriptions',
      handle: async (exchange) => {
        const read = await readObject(exchange);
        if ('kind' in read) return read.reply;
        const { displayName } = read.body;
        if (typeof displayName !== 'string' || displayName === '' || displayName.length > 64)
          return refuseArm({
            code: 'InvalidRequestContent',
            target: 'displayName',
            message: `The value ${JSON.stringify(displayName)} of 'displayName' is not allowed: it must have 1 to 64 characters.`,
          });
        const known = directory.snapshot();
        const { tenantId } = known;
        const owner = known.servicePrincipals().find(({ role }) => role === 'owner');
        const subscriptionId = randomUUID();
        await makeSubscription(state, {
          subscriptionId,
          displayName,
          tenantId,
          owner: owner?.objectId ?? '',
          nowMs: now(),
        });
        return createdJson({ subscriptionId, displayName, tenantId });
      },
    }),
  ];
}
