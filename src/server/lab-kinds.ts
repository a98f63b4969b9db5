import { platformHosts } from '../arm/platform-host.ts';
import { keyOfId } from '../azure/resource-id.ts';
import type { Host } from '../lab/plan.ts';
import type { StateView } from '../state/port.ts';
import { securityGroupsOf } from './lab-security.ts';

/** The hosts of clusters and container groups; `taken` are the names of others. */
export function kindHosts(view: StateView, taken: ReadonlySet<string>): readonly Host[] {
  const names = new Set(taken);
  return platformHosts(view).map(({ uid, name: wanted, subnet, address, mac, resource }) => {
    const key = keyOfId(subnet);
    const name = names.has(wanted) ? `${wanted}-${uid.slice(0, 8)}` : wanted;
    names.add(name);
    return {
      name,
      uid,
      machine: resource.uid,
      mac,
      subnet: key,
      address,
      groups: securityGroupsOf(view, [view.get(key)]),
    };
  });
}
