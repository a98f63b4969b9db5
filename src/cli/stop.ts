/** The signals that stop the server. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/**
 * One Ctrl-C may come twice, from the terminal and from npm that forwards it; only a signal at least this many ms after
 * the first is a second one.
 */
const SECOND_AFTER_MS = 500;

/** What asked the server to stop. */
export type StopSignal = (typeof SIGNALS)[number];

/** Where signals come from: the process. */
export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
  off(signal: StopSignal, listener: () => void): unknown;
}

/** Waits for signals. */
export interface StopRequests extends Disposable {
  /** Resolves at the first signal. */
  readonly first: Promise<StopSignal>;
  /** Resolves at the second one: somebody does not want to wait. */
  readonly second: Promise<StopSignal>;
}

/** Listens for signals from now on; `nowMs` is a clock that never goes back. */
export function stopRequests(source: SignalSource, nowMs: () => number): StopRequests {
  const first = Promise.withResolvers<StopSignal>();
  const second = Promise.withResolvers<StopSignal>();
  let firstMs: number | undefined;
  const listeners = SIGNALS.map((signal) => {
    const listener = (): void => {
      if (firstMs === undefined) firstMs = nowMs();
      else if (nowMs() - firstMs >= SECOND_AFTER_MS) second.resolve(signal);
      first.resolve(signal);
    };
    source.on(signal, listener);
    return { signal, listener };
  });
  return {
    first: first.promise,
    second: second.promise,
    [Symbol.dispose]() {
      for (const { signal, listener } of listeners) source.off(signal, listener);
    },
  };
}
