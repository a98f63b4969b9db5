import type { Substitutions } from '../outside/substitution.ts';
import { okJson } from '../http/reply.ts';
import type { ControlRoute } from './control-plane.ts';
import { type DirectoryServices, ownerRoute } from './owner-route.ts';

/** `GET /seawall/substitutions`: what of the world outside the lab was answered by the lab, for the owner alone. */
export function substitutionRoutes(
  services: DirectoryServices & { readonly substitutions: Substitutions; readonly allowed: boolean },
): readonly ControlRoute[] {
  return [
    ownerRoute(services, {
      spec: 'substitutions',
      method: 'GET',
      path: '/seawall/substitutions',
      handle: async () => okJson({ allowed: services.allowed, substitutions: services.substitutions.list() }),
    }),
  ];
}
