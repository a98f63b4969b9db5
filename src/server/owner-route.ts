import { formatPrincipal } from '../access/principal.ts';
import { verifyArmToken } from '../auth/arm-token.ts';
import type { AuthServices } from '../auth/services.ts';
import type { Directory } from '../directory/port.ts';
import { type Reply, refuseArm } from '../http/reply.ts';
import type { ControlRoute } from './control-plane.ts';
import { refuseAnonymous } from './management.ts';
import type { Exchange } from './exchange.ts';

/** What the directory's routes work with. */
export interface DirectoryServices {
  readonly auth: AuthServices;
  readonly directory: Directory;
  readonly now: () => number;
}

/** A route of the control listener for the owner alone. */
export function ownerRoute(services: DirectoryServices, route: ControlRoute): ControlRoute {
  return {
    ...route,
    handle: async (exchange, parameters) =>
      (await refuseUnlessOwner(services, exchange)) ?? route.handle(exchange, parameters),
  };
}

/** Why a caller is refused; `undefined` for the owner. */
async function refuseUnlessOwner({ auth, now }: DirectoryServices, exchange: Exchange): Promise<Reply | undefined> {
  const audiences = [...auth.authority.armAudiences, auth.authority.graphAudience];
  const who = await verifyArmToken(auth, exchange.incoming.headers.authorization, now(), audiences);
  if (who.kind !== 'principal') return refuseAnonymous(who);
  exchange.principal = formatPrincipal(who.account.principal);
  if (who.account.role === 'owner') return undefined;
  return refuseArm({
    code: 'Authorization_RequestDenied',
    message: 'Insufficient privileges to complete the operation: only the owner of this server keeps its directory.',
  });
}
