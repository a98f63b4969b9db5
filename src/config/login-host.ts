import type { Config } from './config.ts';

/** What of the configuration decides the names of registries. */
export type NamingConfig = Pick<Config, 'registrySuffix' | 'publicHost'>;

/** The host by which clients know a registry, without port. */
export function loginHost(config: NamingConfig, name: string): string {
  return config.publicHost ?? `${name}.${config.registrySuffix}`;
}

/** The hosts of every registry declared. */
export function loginHosts(config: NamingConfig & Pick<Config, 'registries'>): readonly string[] {
  return config.registries.map(({ name }) => loginHost(config, name));
}

/** The login server of a registry: its host, and the port by which clients reach it unless that is 443. */
export function loginServer(host: string, port: number): string {
  return port === 443 ? host : `${host}:${port}`;
}
