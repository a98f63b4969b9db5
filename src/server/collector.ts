import type { JsonObject } from '../azure/json.ts';
import type { RegistryServices } from '../registry/call.ts';
import type { StateReader } from '../state/port.ts';
import type { RegistryUid } from '../store/port.ts';
import { type CollectContext, type CollectReport, collect, rehearseCollection } from '../store/sweep/collect.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metric.ts';
import { type TaskContext, TaskRefusedError } from './maintenance.ts';
import type { Sweeper } from './sweeper.ts';

const REGISTRY = 'microsoft.containerregistry/registries';

/** What the collector works with. */
export interface CollectorOptions {
  readonly content: RegistryServices;
  readonly state: Pick<StateReader, 'view'>;
  readonly sweeper: Sweeper;
  /** How long it rests between two passes, in ms; 0 for passes on request alone. */
  readonly intervalMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The garbage collection of a server. */
export interface Collector extends AsyncDisposable {
  /** The task of `seawall gc`: a pass, or with `dryRun` what one would do. */
  readonly task: (body: JsonObject) => (context: TaskContext) => Promise<object>;
}

/** Makes a pass now and then, until disposed of, and one whenever asked to; one at a time. */
export function startCollector(options: CollectorOptions): Collector {
  const { intervalMs } = options;
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const turn = last.then(run);
    last = turn.catch(() => undefined);
    return turn;
  };
  const rest = (): void => {
    if (intervalMs === 0 || stop.signal.aborted) return;
    timer = setTimeout(() => {
      void inTurn(() => tried(options, stop.signal)).then(rest);
    }, intervalMs).unref();
  };
  rest();
  return {
    task: (body) => {
      const { dryRun = false } = body;
      if (typeof dryRun !== 'boolean')
        throw new TaskRefusedError(`dryRun is ${JSON.stringify(dryRun)}, must be true or false`);
      return (context) =>
        inTurn(() => (dryRun ? rehearseCollection(contextOf(options, context)) : pass(options, context)));
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      clearTimeout(timer);
      await last;
    },
  };
}

function contextOf({ content, state }: CollectorOptions, rest: Partial<TaskContext>): CollectContext {
  const served = (): ReadonlySet<RegistryUid> =>
    // The state makes uids; this is where they enter the store's vocabulary.
    new Set(
      state
        .view()
        .ofType(REGISTRY)
        .map(({ uid }) => uid as RegistryUid),
    );
  return {
    metadata: content.metadata,
    isHeld: (repository) => content.uploads.isHeld(repository),
    isServed: (uid) => served().has(uid),
    ...rest,
  };
}

/** A pass, and then the sweep, so that what the report calls freed is free. */
async function pass(options: CollectorOptions, context: Partial<TaskContext>): Promise<CollectReport> {
  const startedMs = performance.now();
  const report = await collect(contextOf(options, context));
  await options.sweeper.sweepNow();
  const { condemned, unlinked, freedBytes, registries } = report;
  const durationMs = performance.now() - startedMs;
  options.log.event({ event: 'collection-done', condemned, unlinked, freedBytes, registries, durationMs });
  return report;
}

async function tried(options: CollectorOptions, signal: AbortSignal): Promise<void> {
  try {
    await pass(options, { signal });
  } catch (error) {
    if (signal.aborted) return;
    options.metrics.storeFailed('collect');
    options.log.event({ event: 'task-failed', task: 'gc', error });
  }
}
