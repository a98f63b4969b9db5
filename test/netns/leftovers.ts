import { readdirSync, readFileSync } from 'node:fs';

/** What bears the lab's prefix on this machine: namespaces, links, folders of resolvers. */
export function leftovers(): readonly string[] {
  return [...named('/run/netns'), ...links().filter((name) => name.startsWith('swl')), ...named('/etc/netns')];
}

/** The links of this process's network, whoever mounted `/sys`. */
export function links(): readonly string[] {
  return [...readFileSync('/proc/self/net/dev', 'utf8').matchAll(/^\s*([^\s:]+):/gm)].map(([, name = '']) => name);
}

function named(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith('swl'));
  } catch {
    return [];
  }
}
