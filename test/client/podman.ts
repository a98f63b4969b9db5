import { join } from 'node:path';
import type { Command } from './process.ts';

/** podman with everything it keeps below a folder. */
export function podmanOf(home: string): (...args: readonly string[]) => Command {
  const folders = ['root', 'runroot', 'tmpdir', 'network-config-dir'].flatMap((name) => [
    `--${name}`,
    join(home, name),
  ]);
  return (...args) => ['podman', '--storage-driver', 'vfs', ...folders, ...args];
}
