import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const IP = 'ip';

/** What bears the lab's prefix on this machine: namespaces, links, folders of resolvers. */
export function leftovers(): readonly string[] {
  return [...named('/run/netns'), ...links().filter((name) => name.startsWith('swl')), ...named('/etc/netns')];
}

/** The links of a namespace, or of this process's own network, whoever mounted `/sys`. */
export function links(namespace?: string): readonly string[] {
  const within = namespace === undefined ? [] : ['-n', namespace];
  const lines = execFileSync(IP, [...within, '-brief', 'link', 'show'], { encoding: 'utf8' });
  return [...lines.matchAll(/^([^\s@]+)/gm)].map(([, name = '']) => name);
}

function named(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith('swl'));
  } catch {
    return [];
  }
}
