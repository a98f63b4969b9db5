import type { ArmSettings } from '../arm/verb.ts';
import type { Config } from '../config/config.ts';
import type { Stores } from './stores.ts';

/** What the management API goes by; what hosts can be is added by whoever runs them. */
export function armSettings(
  config: Config,
  { directory }: Stores,
  registryPort: number,
): Omit<ArmSettings, 'hosts' | 'containerHosts'> {
  const { profile, cloud, registrySuffix, publicPrefix, autoRegistration, revalidateRules } = config;
  return {
    profile,
    cloud,
    tenantId: directory.snapshot().tenantId,
    registrySuffix,
    registryPort: registryPort === 443 ? '' : `:${registryPort}`,
    publicPrefix,
    autoRegistration,
    revalidateAllRules: revalidateRules,
  };
}
