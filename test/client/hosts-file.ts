import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Replacement } from './private-mounts.ts';

/**
 * Writes a hosts file in which these login servers (`NAME:PORT`) are this machine; `*.localhost` does not resolve by
 * itself for glibc and for Go. Answers where a client has to find it.
 */
export async function writeHostsFile(folder: string, loginServers: readonly string[]): Promise<Replacement> {
  const by = join(folder, 'hosts');
  const names = loginServers.map((server) => server.replace(/:\d+$/, ''));
  await writeFile(by, `${await readFile('/etc/hosts', 'utf8')}\n127.0.0.1 ${names.join(' ')}\n`);
  return { place: '/etc/hosts', by };
}
