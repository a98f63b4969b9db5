import { isIP } from 'node:net';
import type { ListenAddress } from '../config/address.ts';
import type { Config } from '../config/config.ts';

/** Names and addresses that mean every interface of this machine. */
const EVERY: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/** The host a URL of the control listener has: its own address, or `localhost`, which every system resolves. */
function controlHost({ host }: ListenAddress): string {
  if (EVERY.has(host) || LOOPBACK.has(host)) return 'localhost';
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** The URL clients reach the control listener and the login authority at, without a final slash. */
export function controlOrigin(
  config: Pick<Config, 'controlPublicUrl'>,
  bound: ListenAddress,
  asked: ListenAddress,
): string {
  if (config.controlPublicUrl !== undefined) return config.controlPublicUrl.replace(/\/$/, '');
  return `https://${controlHost(asked)}:${bound.port}`;
}

/** The URL clients reach a registry at, without a final slash. */
export function registryOrigin(loginServer: string, port: number, scheme: 'https' | 'http'): string {
  const standard = scheme === 'https' ? 443 : 80;
  return `${scheme}://${loginServer}${port === standard ? '' : `:${port}`}`;
}

/** Every name that a certificate of our own answers for. */
export function certificateNames(config: Config): readonly string[] {
  const listens = [config.registry.host, config.control.host].filter((host) => !EVERY.has(host));
  const control = config.controlPublicUrl === undefined ? [] : [new URL(config.controlPublicUrl).hostname];
  const registry = config.publicHost === undefined ? [] : [config.publicHost];
  const names = [`*.${config.registrySuffix}`, config.registrySuffix, 'localhost', '127.0.0.1', '::1'];
  return [...new Set([...names, ...registry, ...control, ...listens])];
}
