import { formatListenAddress } from '../config/address.ts';
import { listImages } from '../base-image/shelf.ts';
import type { Config } from '../config/config.ts';
import { loginServer } from '../config/login-host.ts';
import type { Owner } from '../directory/port.ts';
import { SUBSTITUTED_NAMES } from '../outside/substitution.ts';
import type { Log } from '../telemetry/log.ts';
import type { Lab } from './lab.ts';
import type { Listeners } from './listeners.ts';
import type { ReadyInfo, ReadyRegistry } from './ready.ts';
import type { Assembly } from './planes.ts';

/** The registries, in the rehearsal form with a password of the admin user. */
export async function readyRegistries(
  { config, stores, snapshot, now }: Assembly,
  port: number,
): Promise<ReadyRegistry[]> {
  const ready: ReadyRegistry[] = [];
  for (const { settings, view } of snapshot().registries.values()) {
    const shown = config.form === 'up' && view.adminUserEnabled;
    const passwords = shown ? await stores.directory.adminPasswords(settings.uid, now()) : undefined;
    const admin = passwords === undefined ? {} : { admin: { username: settings.name, password: passwords.password } };
    ready.push({ name: settings.name, loginServer: loginServer(settings.loginServer, port), ...admin });
  }
  return ready;
}

/** What is said of hosts, where the lab runs any. */
export async function hostsReady(
  { images, substitutions }: Config,
  { ready }: Lab,
): Promise<Pick<ReadyInfo, 'baseImages' | 'standsFor'>> {
  if (ready.kind !== 'made' || ready.rootless) return {};
  const names = (await listImages(images).catch(() => [])).map(({ name }) => name);
  return { baseImages: [...new Set(names)], standsFor: substitutions ? [...SUBSTITUTED_NAMES.keys()] : [] };
}

/** The owner as the state file has it: with the secret in the rehearsal form alone. */
export function shownOwner({ clientSecret, ...owner }: Owner, config: Config): Owner {
  return config.form === 'up' && clientSecret !== undefined ? { ...owner, clientSecret } : owner;
}

/** The owner's secret in the form that does not keep it, on the start that made it. */
export function bootstrapOf({ clientId, clientSecret }: Owner, config: Config): Pick<ReadyInfo, 'bootstrap'> {
  return config.form === 'serve' && clientSecret !== undefined ? { bootstrap: { clientId, clientSecret } } : {};
}

/** Logs that everything listens. */
export function tellReady(log: Log, { registry, control }: Listeners, durationMs: number): void {
  log.event({
    event: 'ready',
    registry: formatListenAddress(registry.address),
    control: formatListenAddress(control.address),
    durationMs: Math.round(durationMs),
  });
}
