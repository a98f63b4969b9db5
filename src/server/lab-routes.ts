import { okJson } from '../http/reply.ts';
import type { LabPlan } from '../lab/plan.ts';
import type { ControlRoute } from './control-plane.ts';
import { type DirectoryServices, ownerRoute } from './owner-route.ts';

/** What is told of the lab. */
export interface LabShown extends DirectoryServices {
  readonly plan: () => LabPlan | undefined;
  /** How the machine of a uid is found. */
  readonly observed: (uid: string) => { readonly kind: string } | undefined;
}

/** `GET /seawall/lab`: the networks and hosts of the lab, with how their machines are found, for the owner alone; `null` without one. */
export function labRoutes(services: LabShown): readonly ControlRoute[] {
  return [
    ownerRoute(services, {
      spec: 'lab',
      method: 'GET',
      path: '/seawall/lab',
      handle: async () => okJson({ plan: services.plan() ?? null, states: statesOf(services) }),
    }),
  ];
}

/** By the name of each host: how its machine is found; `bare` where none is to be. */
function statesOf({ plan, observed }: LabShown): Readonly<Record<string, string>> {
  const hosts = plan()?.networks.flatMap((network) => network.hosts) ?? [];
  return Object.fromEntries(
    hosts.map(({ name, machine }) => [name, machine === undefined ? 'bare' : (observed(machine)?.kind ?? 'unknown')]),
  );
}
