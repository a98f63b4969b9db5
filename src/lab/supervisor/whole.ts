import { readdir } from 'node:fs/promises';
import { INTERNET, MACHINE_LINK } from '../piece.ts';
import type { LabPlan } from '../plan.ts';
import { run, textOf } from './carry-out.ts';

/** Whether every namespace and every link of a plan is on the machine: somebody may have taken one away. */
export async function isWhole({ networks, machine }: LabPlan): Promise<boolean> {
  const namespaces = new Set(await readdir('/run/netns').catch(() => []));
  const wanted = networks.flatMap(({ namespace, hosts }) => [namespace, ...hosts.map((host) => host.namespace)]);
  if (![INTERNET, ...wanted].every((name) => namespaces.has(name))) return false;
  if (machine && !linksOf(await textOf('/proc/self/net/dev')).has(MACHINE_LINK)) return false;
  const uplinks = linksOf(await run(['ip', '-n', INTERNET, '-brief', 'link', 'show']).catch(() => ''));
  return networks.every(({ link }) => uplinks.has(link));
}

/**
 * Names at the beginnings of lines, such as `lo:` or `swl0123@if2`. `/sys/class/net` would have the links of whoever mounted
 * it: of another network, in some containers.
 */
function linksOf(lines: string): ReadonlySet<string> {
  return new Set([...lines.matchAll(/^\s*([^\s:@]+)/gm)].map(([, name = '']) => name));
}
