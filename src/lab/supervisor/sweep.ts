import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PREFIX } from '../plan.ts';
import { endProcesses, resolversFolder, run } from './carry-out.ts';

const NAMED = '/run/netns';

/**
 * Takes away everything that bears the lab's prefix, in the order of facts/lab.md §4: processes, namespaces, links,
 * files. What a killed run left goes the same way as what is there now; says how many namespaces there were.
 */
export async function sweep(): Promise<number> {
  const namespaces = await named(NAMED);
  for (const name of namespaces.filter((one) => one.startsWith(`${PREFIX}-h-`))) await endProcesses(name);
  for (const name of namespaces) await run(['ip', 'netns', 'del', name]).catch(() => undefined);
  const links = await run(['ip', '-o', 'link', 'show']).catch(() => '');
  for (const match of links.matchAll(/^\d+: ([^:@\s]+)/gm))
    if (match[1]?.startsWith(PREFIX) === true) await run(['ip', 'link', 'del', match[1]]).catch(() => undefined);
  const resolvers = await resolversFolder();
  for (const name of await named(resolvers)) await rm(join(resolvers, name), { recursive: true, force: true });
  return namespaces.length;
}

async function named(folder: string): Promise<readonly string[]> {
  const all = await readdir(folder).catch(() => []);
  return all.filter((name) => name.startsWith(`${PREFIX}-`));
}
