import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PREFIX } from '../plan.ts';
import { endProcesses, resolversFolder, run } from './carry-out.ts';

const NAMED = '/run/netns';

const NONE: ReadonlySet<string> = new Set();

/**
 * Takes away everything that bears the lab's prefix, in the order of facts/lab.md §4: processes, namespaces, links,
 * files. What a killed run left goes the same way as what is there now; says how many namespaces there were. `spared`
 * namespaces stay, with what runs in them and without their link.
 */
export async function sweep(spared: ReadonlySet<string> = NONE): Promise<number> {
  const all = await named(NAMED);
  for (const name of all.filter((one) => spared.has(one)))
    await run(['ip', '-n', name, 'link', 'del', 'eth0']).catch(() => undefined);
  const namespaces = all.filter((one) => !spared.has(one));
  for (const name of namespaces.filter((one) => one.startsWith(`${PREFIX}-h-`))) await endProcesses(name);
  for (const name of namespaces) await run(['ip', 'netns', 'del', name]).catch(() => undefined);
  const links = await run(['ip', '-o', 'link', 'show']).catch(() => '');
  for (const match of links.matchAll(/^\d+: ([^:@\s]+)/gm))
    if (match[1]?.startsWith(PREFIX) === true) await run(['ip', 'link', 'del', match[1]]).catch(() => undefined);
  const resolvers = await resolversFolder();
  for (const name of (await named(resolvers)).filter((one) => !spared.has(one)))
    await rm(join(resolvers, name), { recursive: true, force: true });
  return namespaces.length;
}

async function named(folder: string): Promise<readonly string[]> {
  const all = await readdir(folder).catch(() => []);
  return all.filter((name) => name.startsWith(`${PREFIX}-`));
}
