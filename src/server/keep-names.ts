import { connectableHost } from '../config/address.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../telemetry/log.ts';
import { keepHosts, removeHosts } from './hosts-file.ts';
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
export async function keepNames(config: Config, names: readonly string[], log: Log): Promise<KeptNames> {
  const nothing = { rename: async () => undefined, [Symbol.asyncDispose]: async () => undefined };
  if (config.hostsFile.kind === 'off') return { hosts: { kind: 'off' }, ...nothing };
  const path = config.hostsFile.kind === 'file' ? config.hostsFile.path : SYSTEM_HOSTS;
  const keep = (all: readonly string[]): ReturnType<typeof keepHosts> =>
    keepHosts(path, {
      pid: process.pid,
      dataDir: config.dataDir,
      address: connectableHost(config.registry.host),
      names: all,
    });
  const kept = await keep(names);
  if (kept.kind === 'refused') {
    log.event({ event: 'hosts-file-left', path, why: kept.advice });
    return { hosts: { kind: 'advice', advice: kept.advice }, ...nothing };
  }
  log.event({ event: 'hosts-file-kept', path, names });
  const rename = async (all: readonly string[]): Promise<void> => {
    const again = await keep(all);
    if (again.kind === 'refused') log.event({ event: 'hosts-file-left', path, why: again.advice });
  };
  return { hosts: { kind: 'kept', path }, rename, [Symbol.asyncDispose]: () => forget(path, log) };
}

async function forget(path: string, log: Log): Promise<void> {
  const why = await removeHosts(path, process.pid);
  if (why !== undefined) log.event({ event: 'hosts-file-left', path, why });
}
