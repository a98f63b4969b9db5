import { okJson, refuseArm } from '../http/reply.ts';
import type { ControlRoute } from './control-plane.ts';
import { KEY_KINDS, type KeyServices, listKeys, rotateKeys } from './keys.ts';
import { readObject } from './management.ts';
import { type DirectoryServices, ownerRoute } from './owner-route.ts';

/** `GET /seawall/keys` and `POST /seawall/keys/rotate`, for the owner alone. One key is replaced at a time. */
export function keyRoutes(services: DirectoryServices, keys: KeyServices): readonly ControlRoute[] {
  let turn: Promise<unknown> = Promise.resolve();
  return [
    ownerRoute(services, {
      spec: 'keys',
      method: 'GET',
      path: '/seawall/keys',
      handle: async () => okJson({ value: await listKeys(keys) }),
    }),
    ownerRoute(services, {
      spec: 'keys-rotate',
      method: 'POST',
      path: '/seawall/keys/rotate',
      handle: async (exchange) => {
        const read = await readObject(exchange);
        if ('kind' in read) return read.reply;
        const kind = KEY_KINDS.find((one) => one === read.body['kind']);
        if (kind === undefined)
          return refuseArm({
            code: 'InvalidRequestContent',
            target: 'kind',
            message: `The value ${JSON.stringify(read.body['kind'])?.slice(0, 100)} of 'kind' is not allowed: it must be one of ${KEY_KINDS.join(', ')}.`,
          });
        const before = turn;
        const rotating = before.catch(() => undefined).then(() => rotateKeys(keys, kind));
        turn = rotating;
        const outcome = await rotating;
        if (outcome.kind === 'refused') return refuseArm({ code: 'Conflict', message: outcome.why });
        return okJson({ kind, done: outcome.done });
      },
    }),
  ];
}
