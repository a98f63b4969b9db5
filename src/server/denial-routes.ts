import type { Denials } from '../denials/port.ts';
import { okJson, refuseArm } from '../http/reply.ts';
import type { ControlRoute } from './control-plane.ts';
import { type DirectoryServices, ownerRoute } from './owner-route.ts';

/** How many are answered where the request does not say. */
const USUAL = 100;
const MOST = 10_000;

/** `GET /seawall/denials`: who was refused, the newest first, for the owner alone. */
export function denialRoutes(services: DirectoryServices & { readonly denials: Denials }): readonly ControlRoute[] {
  const { denials } = services;
  return [
    ownerRoute(services, {
      spec: 'denials',
      method: 'GET',
      path: '/seawall/denials',
      handle: async (exchange) => {
        const { query } = exchange.incoming;
        const most = Number(query.get('most') ?? USUAL);
        const sinceMs = Number(query.get('sinceMs') ?? 0);
        if (!Number.isInteger(most) || most < 1 || most > MOST || !Number.isFinite(sinceMs))
          return refuseArm({
            code: 'InvalidRequestContent',
            target: 'most',
            message: `'most' must be a whole number from 1 to ${MOST}, and 'sinceMs' a time in ms.`,
          });
        const filter = { ...text(query, 'registry'), ...text(query, 'address'), ...text(query, 'reason') };
        const value = await denials.list({ ...filter, sinceMs, most });
        return okJson({ value, dropped: denials.dropped });
      },
    }),
  ];
}

function text<K extends string>(query: URLSearchParams, name: K): { readonly [P in K]?: string } {
  const value = query.get(name);
  return value === null ? {} : ({ [name]: value } as { [P in K]: string });
}
