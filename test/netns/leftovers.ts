import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';

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

/** The cgroups of machines of a lab in this process's own network. */
export function cgroups(): readonly string[] {
  const number = /\d+/.exec(readlinkSync('/proc/self/ns/net'))?.[0] ?? '';
  const find = ['/sys/fs/cgroup', '-type', 'd', '-path', `*/swl-${number}/*`, '-prune', '-print'];
  return execFileSync('find', find, { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '');
}
