import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where distributions say which mirrors packages come from: apt, apk, dnf. */
const FILES = ['etc/apt/sources.list', 'etc/apk/repositories'];
const FOLDERS = ['etc/apt/sources.list.d', 'etc/yum.repos.d'];

/** The hosts that a root's own package manager fetches from, as its files of sources say. */
export async function packageHostsIn(root: string): Promise<readonly string[]> {
  const listed = await Promise.all(
    FOLDERS.map(async (folder) =>
      (await readdir(join(root, folder)).catch(() => [])).map((name) => join(folder, name)),
    ),
  );
  const texts = await Promise.all(
    [...FILES, ...listed.flat()].map((path) => readFile(join(root, path), 'utf8').catch(() => '')),
  );
  return hostsNamed(texts.join('\n'));
}

/** The hosts of URLs in lines that are no comments, each once. */
export function hostsNamed(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => !line.trimStart().startsWith('#'));
  const hosts = [...lines.join('\n').matchAll(/https?:\/\/([a-z0-9.-]+)/gi)].map(([, host = '']) => host.toLowerCase());
  return [...new Set(hosts)];
}
