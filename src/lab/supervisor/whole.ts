import { readdir } from 'node:fs/promises';
import { INTERNET_BRIDGE } from '../piece.ts';
import type { LabPlan } from '../plan.ts';
import { textOf } from './carry-out.ts';

/** Whether every namespace and every link of a plan is on the machine: somebody may have taken one away. */
export async function isWhole({ networks }: LabPlan): Promise<boolean> {
  const [namespaces, links] = await Promise.all([named('/run/netns'), ownLinks()]);
  return (
    links.has(INTERNET_BRIDGE) &&
    networks.every(
      ({ namespace, link, hosts }) =>
        namespaces.has(namespace) && links.has(link) && hosts.every((host) => namespaces.has(host.namespace)),
    )
  );
}

async function named(folder: string): Promise<ReadonlySet<string>> {
  return new Set(await readdir(folder).catch(() => []));
}

/** The links of this process's network. `/sys/class/net` would have those of whoever mounted it: another network, in some containers. */
async function ownLinks(): Promise<ReadonlySet<string>> {
  const lines = await textOf('/proc/self/net/dev');
  return new Set([...lines.matchAll(/^\s*([^\s:]+):/gm)].map(([, name = '']) => name));
}
