import type { AuthServices } from '../auth/services.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metric.ts';
import { backupTask } from './backup-task.ts';
import { startCollector } from './collector.ts';
import type { ControlRoute } from './control-plane.ts';
import { maintenanceRoutes } from './maintenance-routes.ts';
import { Maintenance } from './maintenance.ts';
import type { Stores } from './stores.ts';
import { startSweeper } from './sweeper.ts';
import { startScrub, verifyTask } from './verify-task.ts';

/** What looking after the stores needs. */
export interface UpkeepOptions {
  /** The data directory; absolute. */
  readonly data: string;
  readonly config: Pick<Config, 'uploadExpiryMs' | 'gcIntervalMs' | 'scrubIntervalMs' | 'scrubBytesPerSecond'>;
  readonly stores: Stores;
  readonly auth: AuthServices;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly now: () => number;
}

/** What looks after the stores of a running server: sweep, garbage collection, and the tasks that the owner asks for. */
export interface Upkeep extends AsyncDisposable {
  readonly routes: readonly ControlRoute[];
}

/** Looks after the stores until disposed of. */
export function startUpkeep({ data, config, stores, auth, log, metrics, now }: UpkeepOptions): Upkeep {
  const { content, state, directory } = stores;
  const stack = new AsyncDisposableStack();
  const sweeper = stack.use(startSweeper({ content, expiryMs: config.uploadExpiryMs, log, metrics, now }));
  const { gcIntervalMs: intervalMs } = config;
  const collector = stack.use(startCollector({ content, state, sweeper, intervalMs, log, metrics }));
  const maintenance = stack.use(new Maintenance(log));
  const { metadata, verifier } = content;
  const verify = verifyTask({ metadata, verifier, view: () => state.view() });
  const { scrubIntervalMs, scrubBytesPerSecond: bytesPerSecond } = config;
  stack.use(startScrub(maintenance, verify, { intervalMs: scrubIntervalMs, bytesPerSecond }));
  const backup = backupTask({ data, keepBytes: () => sweeper.pause(), now });
  return {
    routes: maintenanceRoutes({ auth, directory, now, maintenance, runs: { gc: collector.task, verify, backup } }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
