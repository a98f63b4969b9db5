import type { AuthServices } from '../auth/services.ts';
import type { Config } from '../config/config.ts';
import type { Substitutions } from '../outside/substitution.ts';
import type { StateView } from '../state/port.ts';
import type { Log } from '../telemetry/log.ts';
import type { DataDir } from './data-dir.ts';
import { instanceMetadata } from './instance-metadata.ts';
import { type InnerServices, openInnerServices } from './lab-inner.ts';
import { packageSources } from './package-hosts.ts';

/** What the services on routers' inner addresses are opened with. */
export interface InnerParts {
  readonly config: Config;
  readonly dataDir: DataDir;
  readonly auth: AuthServices;
  readonly substitutions: Substitutions;
  readonly view: () => StateView;
  readonly log: Log;
  readonly now: () => number;
}

/** Opens what hosts of the lab reach beside registries: the outside, packages, and what they are told of themselves. */
export function openInner({
  config,
  dataDir,
  auth,
  substitutions,
  view,
  log,
  now,
}: InnerParts): Promise<InnerServices> {
  return openInnerServices({
    trust: dataDir.trust,
    substitutions,
    packages: {
      ...packageSources(config, process.env),
      tell: ({ host, why }) => log.event({ event: 'packages-failed', host, why }),
    },
    metadata: instanceMetadata({ auth, view, now }),
    report: (message) => log.event({ event: 'certificate-refused', listener: 'outside', message }),
    now,
  });
}
