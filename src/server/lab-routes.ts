import { okJson } from '../http/reply.ts';
import type { LabPlan } from '../lab/plan.ts';
import type { ControlRoute } from './control-plane.ts';
import { type DirectoryServices, ownerRoute } from './owner-route.ts';

/** `GET /seawall/lab`: the networks and hosts of the lab, for the owner alone; `null` without one. */
export function labRoutes(
  services: DirectoryServices & { readonly plan: () => LabPlan | undefined },
): readonly ControlRoute[] {
  return [
    ownerRoute(services, {
      spec: 'lab',
      method: 'GET',
      path: '/seawall/lab',
      handle: async () => okJson({ plan: services.plan() ?? null }),
    }),
  ];
}
