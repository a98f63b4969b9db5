import type { RegistryServices } from '../registry/call.ts';
import { sweep, sweepAfterStart } from '../store/sweep/sweep.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metric.ts';

/** How long the sweep rests between two rounds, in ms. */
const REST_MS = 30_000;

/**
 * For so long after the start, in ms by a clock that nobody sets, no upload is given up by its age: the clock of the day
 * may have been set forward, and clients come back to what the process before had taken of them.
 */
const PATIENCE_MS = 3_600_000;

/** What the sweeper needs. */
export interface SweeperOptions {
  readonly content: RegistryServices;
  /** An upload idle for longer than this many ms is given up. */
  readonly expiryMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly now: () => number;
}

/** Removes bytes; nothing else does while a server runs. */
export interface Sweeper extends AsyncDisposable {
  /** Sweeps once more now, after the round that is running; nothing while paused. */
  sweepNow(): Promise<void>;
  /** Resolves when no round runs, and none begins until what it answers is disposed of: bytes stay meanwhile. */
  pause(): Promise<Disposable>;
}

/** Sweeps after the start and then every half minute, until disposed of; a round that fails is told and tried again. */
export function startSweeper(options: SweeperOptions): Sweeper {
  const stop = new AbortController();
  const startedMs = performance.now();
  const expiryNow = (): number =>
    performance.now() - startedMs < Math.min(options.expiryMs, PATIENCE_MS)
      ? Number.POSITIVE_INFINITY
      : options.expiryMs;
  let pauses = 0;
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  const inTurn = (round: typeof sweep): Promise<void> => {
    last = last.then(() =>
      pauses > 0 || stop.signal.aborted ? undefined : run({ ...options, expiryMs: expiryNow() }, stop.signal, round),
    );
    return last;
  };
  const rest = (): void => {
    if (stop.signal.aborted) return;
    timer = setTimeout(() => void inTurn(sweep).then(rest), REST_MS).unref();
  };
  void inTurn(sweepAfterStart).then(rest);
  return {
    sweepNow: () => inTurn(sweep),
    async pause() {
      pauses += 1;
      await last;
      return {
        [Symbol.dispose]: () => {
          pauses -= 1;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      clearTimeout(timer);
      await last;
    },
  };
}

async function run(options: SweeperOptions, signal: AbortSignal, round: typeof sweep): Promise<void> {
  const { content, expiryMs, log, metrics, now } = options;
  const startedMs = performance.now();
  const { metadata, bytes, uploads } = content;
  try {
    const swept = await round({ metadata, bytes, isOpen: (id) => uploads.isOpen(id), nowMs: now(), expiryMs, signal });
    const removed = swept.trash + swept.orphans;
    if (removed > 0) log.event({ event: 'sweep-done', removed, durationMs: performance.now() - startedMs });
    if (swept.uploads > 0) log.event({ event: 'uploads-expired', count: swept.uploads });
  } catch (error) {
    if (signal.aborted) return;
    metrics.storeFailed('sweep');
    log.event({ event: 'task-failed', task: 'sweep', error });
  }
}
