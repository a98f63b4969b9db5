import { lookup } from 'node:dns/promises';
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { textOf } from './carry-out.ts';

/** An address that the machine uses, and for what. */
export interface Used {
  readonly address: string;
  readonly what: string;
}

/** Files and folders that say where packages come from, and by which proxy. */
const PLACES = ['/etc/apt/sources.list', '/etc/apt/sources.list.d', '/etc/apt/apt.conf', '/etc/apt/apt.conf.d'];
const OWN_FILES = ['.npmrc', '.config/pip/pip.conf'];
const PROXY = /^(?:https?|all|ftp)_proxy$|^npm_config_(?:registry|proxy|https_proxy)$/i;
/** How long all names together may take, in ms: one that is not found is not used now. */
const PATIENCE_MS = 2000;

/**
 * The addresses of the machine's proxies and package hosts. A default route hides that they lie behind a network of the lab, so
 * they are looked up by name (facts/lab.md §0).
 */
export async function reachedHosts(env: Readonly<Record<string, string | undefined>>): Promise<readonly Used[]> {
  const texts = await Promise.all([...PLACES.map(allOf), ...OWN_FILES.map((file) => textOf(join(homedir(), file)))]);
  const proxies = Object.entries(env).flatMap(([name, value = '']) => (PROXY.test(name) ? [value] : []));
  const names = new Set([...texts, ...proxies].flatMap(hostsIn));
  const late = AbortSignal.timeout(PATIENCE_MS);
  const found = [...names].map((name) => addressesOf(name, late));
  return (await Promise.all(found)).flat();
}

/** The hosts of the URLs in a text; of a proxy without a scheme, too. */
function hostsIn(text: string): readonly string[] {
  const urls = [...text.matchAll(/\bhttps?:\/\/(?:[^/@\s"]*@)?(\[[^\]]+\]|[^/:\s"';]+)/gi)];
  const bare = /^([\w.-]+):\d+$/.exec(text.trim());
  return [...urls, ...(bare === null ? [] : [bare])].map(([, host = '']) => host.replaceAll(/[[\]]/g, ''));
}

async function addressesOf(name: string, late: AbortSignal): Promise<readonly Used[]> {
  const timeout = Promise.withResolvers<readonly { readonly address: string }[]>();
  const end = (): void => timeout.resolve([]);
  late.addEventListener('abort', end);
  const found = await Promise.race([lookup(name, { all: true }).catch(() => []), timeout.promise]);
  late.removeEventListener('abort', end);
  return found.map(({ address }) => ({ address, what: `of ${name}, by which or from which packages come here` }));
}

/** A file's text, or that of all files of a folder. */
async function allOf(path: string): Promise<string> {
  const within = await readdir(path).catch(() => undefined);
  if (within === undefined) return textOf(path);
  return (await Promise.all(within.map((name) => textOf(join(path, name))))).join('\n');
}
