import { connectableHost } from '../config/address.ts';
import type { Config } from '../config/config.ts';
import { loginHosts } from '../config/login-host.ts';
import type { Log } from '../telemetry/log.ts';
import { keepHosts, removeHosts } from './hosts-file.ts';
import type { ReadyHosts } from './ready.ts';

/** The hosts file of the system. */
const SYSTEM_HOSTS = '/etc/hosts';

/** What became of the names, and what takes them out again. */
export interface KeptNames extends AsyncDisposable {
  readonly hosts: ReadyHosts;
}

/**
 * Puts the names of the registries into a hosts file, where the configuration asks for it and the file may be written:
 * `*.localhost` does not resolve for glibc and Go programs on every system.
 */
export async function keepNames(config: Config, log: Log): Promise<KeptNames> {
  const names = loginHosts(config);
  if (config.hostsFile.kind === 'off' || names.length === 0)
    return { hosts: { kind: 'off' }, [Symbol.asyncDispose]: async () => undefined };
  const path = config.hostsFile.kind === 'file' ? config.hostsFile.path : SYSTEM_HOSTS;
  const block = { pid: process.pid, dataDir: config.dataDir, address: connectableHost(config.registry.host), names };
  const kept = await keepHosts(path, block);
  if (kept.kind === 'refused') {
    log.event({ event: 'hosts-file-left', path, why: kept.advice });
    return { hosts: { kind: 'advice', advice: kept.advice }, [Symbol.asyncDispose]: async () => undefined };
  }
  log.event({ event: 'hosts-file-kept', path, names });
  return { hosts: { kind: 'kept', path }, [Symbol.asyncDispose]: () => forget(path, log) };
}

async function forget(path: string, log: Log): Promise<void> {
  const why = await removeHosts(path, process.pid);
  if (why !== undefined) log.event({ event: 'hosts-file-left', path, why });
}
