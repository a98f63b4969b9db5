import { connectableHost } from '../config/address.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../telemetry/log.ts';
import { type HostsBlock, keepHosts, removeHosts } from '../lab/hosts-file.ts';
import type { ReadyHosts } from './ready.ts';

/** The hosts file of the system. */
const SYSTEM_HOSTS = '/etc/hosts';

/** What became of the names, and what takes them out again. */
export interface KeptNames extends AsyncDisposable {
  readonly hosts: ReadyHosts;
  /** Registries came or went: these are their names now. */
  rename(names: readonly string[]): Promise<void>;
}

/**
 * Puts the names of the registries into a hosts file, where the configuration asks for it and the file may be written:
 * `*.localhost` does not resolve for glibc and Go programs on every system.
 */
export async function keepNames(
  config: Config,
  names: readonly string[],
  { log, keeper }: { readonly log: Log; readonly keeper: HostsKeeper },
): Promise<KeptNames> {
  const nothing = { rename: async () => undefined, [Symbol.asyncDispose]: async () => undefined };
  const path = hostsPath(config);
  if (path === undefined) return { hosts: { kind: 'off' }, ...nothing };
  const keep = (all: readonly string[]): Promise<string | undefined> =>
    keeper.keep(path, {
      pid: process.pid,
      dataDir: config.dataDir,
      address: connectableHost(config.registry.host),
      names: all,
    });
  const why = await keep(names);
  if (why !== undefined) {
    log.event({ event: 'hosts-file-left', path, why });
    return { hosts: { kind: 'advice', advice: why }, ...nothing };
  }
  log.event({ event: 'hosts-file-kept', path, names });
  const rename = async (all: readonly string[]): Promise<void> => {
    const failure = await keep(all);
    if (failure !== undefined) log.event({ event: 'hosts-file-left', path, why: failure });
  };
  return { hosts: { kind: 'kept', path }, rename, [Symbol.asyncDispose]: () => forget({ path, log, keeper }) };
}

/** Whoever writes the hosts file: this process, or the lab's supervisor, which alone has root. Each says why it could not. */
export interface HostsKeeper {
  keep(path: string, block: HostsBlock): Promise<string | undefined>;
  remove(path: string, pid: number): Promise<string | undefined>;
}

/** Writes the file in this process. */
export const OWN_KEEPER: HostsKeeper = {
  async keep(path, block) {
    const kept = await keepHosts(path, block);
    return kept.kind === 'refused' ? kept.advice : undefined;
  },
  remove: removeHosts,
};

/** The hosts file to keep; `undefined` for none. */
export function hostsPath({ hostsFile }: Pick<Config, 'hostsFile'>): string | undefined {
  if (hostsFile.kind === 'off') return undefined;
  return hostsFile.kind === 'file' ? hostsFile.path : SYSTEM_HOSTS;
}

async function forget({ path, log, keeper }: Forgetting): Promise<void> {
  const why = await keeper.remove(path, process.pid).catch(String);
  if (why !== undefined) log.event({ event: 'hosts-file-left', path, why });
}

interface Forgetting {
  readonly path: string;
  readonly log: Log;
  readonly keeper: HostsKeeper;
}
