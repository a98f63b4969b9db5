import { randomUUID } from 'node:crypto';
import { applyRetention } from '../registry/retention.ts';
import type { MetadataStore, Occasion } from '../store/port.ts';
import type { Log } from '../telemetry/log.ts';
import type { ServedRegistry, Snapshot } from './snapshot.ts';

/** How long retention rests between two rounds, in ms. */
const REST_MS = 10 * 60_000;
const DAY_MS = 86_400_000;

/** What retention works with. */
export interface RetentionServices {
  readonly snapshot: () => Snapshot;
  readonly metadata: MetadataStore;
  readonly announced: () => void;
  readonly log: Log;
  readonly now: () => number;
}

/** Applies the retention policies of all registries every ten minutes, until disposed of. */
export function startRetention(services: RetentionServices): AsyncDisposable {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round = Promise.resolve();
  const rest = (): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      round = runRound(services, () => stopped).then(rest);
    }, REST_MS).unref();
  };
  rest();
  return {
    async [Symbol.asyncDispose]() {
      stopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}

async function runRound(
  { snapshot, metadata, announced, log, now }: RetentionServices,
  isStopped: () => boolean,
): Promise<void> {
  for (const registry of snapshot().registries.values()) {
    await purge({ metadata, log }, registry, now());
    const { status, days, sinceMs = 0 } = registry.retention;
    if (status === 'disabled' || isStopped()) continue;
    const nowMs = now();
    const told = registry.announces ? { occasion: occasionOf(registry, nowMs) } : {};
    try {
      const removed = await applyRetention(
        metadata,
        { registry: registry.settings.uid, days, sinceMs, ...told },
        nowMs,
      );
      if (removed === 0) continue;
      log.event({ event: 'manifests-retired', registry: registry.settings.name, count: removed });
      if (registry.announces) announced();
    } catch (error) {
      log.event({ event: 'task-failed', task: 'retention', error });
    }
  }
}

/** What was deleted softly goes when the policy of today says so, be it enabled or not (as az says of Azure). */
async function purge(
  { metadata, log }: Pick<RetentionServices, 'metadata' | 'log'>,
  { settings, softDelete }: ServedRegistry,
  nowMs: number,
): Promise<void> {
  try {
    while (await metadata.purgeDeleted(settings.uid, nowMs - softDelete.retentionDays * DAY_MS));
  } catch (error) {
    log.event({ event: 'task-failed', task: 'purge', error });
  }
}

function occasionOf({ settings }: ServedRegistry, nowMs: number): Occasion {
  const { loginServer: host } = settings;
  return { request: randomUUID(), host, method: 'DELETE', userAgent: 'AzureContainerRegistry', address: '', nowMs };
}
