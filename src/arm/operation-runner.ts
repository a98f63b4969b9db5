import type { Change, State, StateView, StoredResource } from '../state/port.ts';
import type { Log } from '../telemetry/log.ts';
import { createEngine } from './engine.ts';
import { endOperation, findOperation, type Operation, type OperationEnd, runningOperations } from './operation.ts';
import type { ProviderIndex } from './provider-index.ts';
import type { ArmSettings, VerbContext } from './verb.ts';

/**
 * Does the work of one kind of operation, and answers how it ended as a decision: it is made in the commit that ends the
 * operation, with a context whose caller is who asked for it. An end of the server aborts `signal`; the next process does
 * the work again, so doing it twice has to be as good as once.
 */
export type Executor = (
  operation: Operation,
  signal: AbortSignal,
) => Promise<(context: VerbContext) => OperationEnd> | ((context: VerbContext) => OperationEnd);

/** What carrying out operations works with. */
export interface OperationServices {
  readonly state: State;
  readonly index: ProviderIndex;
  /** By the kind of operation. */
  readonly executors: Readonly<Record<string, Executor>>;
  /** Waits until nothing is left on the machine of resources that an operation removed. */
  readonly gone: (removed: readonly StoredResource[], signal: AbortSignal) => Promise<void>;
  readonly settings: () => ArmSettings;
  readonly origin: string;
  readonly log: Log;
  readonly now: () => number;
  readonly newUuid: () => string;
}

/** Carries out operations. */
export interface OperationRunner extends AsyncDisposable {
  /** Resolves when an operation is over, or after a moment: who waits that long polls. */
  settled(id: string): Promise<void>;
}

/** How long a client is kept waiting before it is told to poll, in ms. */
const PATIENCE_MS = 1_000;

/** Goes on with what an earlier process began, and takes whatever the state says from now on. */
export function startOperations(services: OperationServices): OperationRunner {
  const { state } = services;
  const stop = new AbortController();
  const under = new Map<string, Promise<void>>();
  const take = (view: StateView): void => {
    for (const operation of runningOperations(view)) {
      const { id, waitsFor } = operation;
      if (waitsFor.length > 0 || under.has(id) || stop.signal.aborted) continue;
      under.set(
        id,
        carryOut(services, operation, stop.signal).finally(() => under.delete(id)),
      );
    }
  };
  const waiting = new Set<() => void>();
  const unfollow = state.follow(async (view) => {
    take(view);
    for (const look of waiting) look();
  });
  take(state.view());
  return {
    settled: (id) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(look);
          resolve();
        };
        const look = (): void => {
          const operation = findOperation(state.view(), id)?.operation;
          if (operation?.state.kind === 'running') return;
          // What ended it is seen before it is in force everywhere; the answer comes after that, as after every commit.
          clearTimeout(timer);
          const over = operation?.state.kind === 'canceled' ? [] : [id, ...(operation?.waitsFor ?? [])];
          void Promise.all(over.map(async (one) => under.get(one))).then(done);
        };
        const timer = setTimeout(done, PATIENCE_MS);
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      unfollow();
      stop.abort();
      await Promise.allSettled(under.values());
    },
  };
}

async function carryOut(services: OperationServices, operation: Operation, signal: AbortSignal): Promise<void> {
  const { executors, log } = services;
  const { kind, id } = operation;
  let decide: (context: VerbContext) => OperationEnd;
  try {
    const execute = executors[kind];
    if (execute === undefined) throw new TypeError(`nothing carries out operations of the kind '${kind}'`);
    decide = await execute(operation, signal);
  } catch (error) {
    log.event({ event: 'task-failed', task: kind, error });
    const message = 'The operation failed for a reason that the log of the server tells.';
    decide = () => ({ kind: 'failed', error: { code: 'InternalServerError', message } });
  }
  if (signal.aborted) return;
  const { state, index, now, newUuid, origin, settings } = services;
  const engine = createEngine(index);
  try {
    const { value: removed } = await state.commit((view) => {
      const { caller } = operation;
      const context = { view, settings: settings(), nowMs: now(), caller, newUuid, origin, engine };
      const over = findOperation(view, id)?.operation.state.kind !== 'running';
      const changes = over ? [] : endOperation(index, context, id, decide(context));
      return { value: removedBy(view, changes), changes };
    });
    await services.gone(removed, signal);
  } catch (error) {
    log.event({ event: 'task-failed', task: kind, error });
  }
}

function removedBy(before: StateView, changes: readonly Change[]): readonly StoredResource[] {
  return changes.flatMap((change) => (change.kind === 'put' ? [] : (before.get(change.key) ?? [])));
}
