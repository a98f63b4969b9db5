import type { JsonObject } from '../azure/json.ts';
import type { StateView } from '../state/port.ts';
import type { RepositoryKey } from '../store/port.ts';
import { type VerifyContext, type VerifyReport, verifyAll } from '../store/verify/verify.ts';
import { type Maintenance, type TaskContext, TaskRefusedError } from './maintenance.ts';

const REGISTRY = 'microsoft.containerregistry/registries';
/** How long after the start the first check by itself begins at the latest, in ms. */
const FIRST_MS = 3_600_000;

/** What verifying works with. */
export interface VerifyTaskOptions extends Pick<VerifyContext, 'metadata' | 'verifier'> {
  readonly view: () => StateView;
}

/** The task of `seawall verify`, which takes `{bytesPerSecond?}`. */
export function verifyTask(
  options: VerifyTaskOptions,
): (body: JsonObject) => (context: TaskContext) => Promise<object> {
  return ({ bytesPerSecond }) => {
    if (bytesPerSecond !== undefined && (typeof bytesPerSecond !== 'number' || bytesPerSecond < 1))
      throw new TaskRefusedError(`bytesPerSecond is ${JSON.stringify(bytesPerSecond)}, must be a number from 1`);
    const paced = bytesPerSecond === undefined ? {} : { bytesPerSecond };
    return async ({ signal, progress }) => {
      const { metadata, verifier, view } = options;
      const told = (report: VerifyReport): void => progress(shown(report, view()));
      return shown(await verifyAll({ metadata, verifier, ...paced, signal, progress: told }), view());
    };
  };
}

/** A report as it is shown: with the names of registries, which the store does not know. */
export function shown(report: VerifyReport, view: StateView | undefined): object {
  const names = new Map(view?.ofType(REGISTRY).map(({ uid, name }) => [uid, name.toLowerCase()]));
  // What was deleted softly is in a repository whose name begins with this mark.
  const said = (name: string): string => (name.startsWith('~') ? `${name.slice(1)} (deleted)` : name);
  const repository = ({ registry, name }: RepositoryKey): string => `${names.get(registry) ?? registry}/${said(name)}`;
  return {
    ...report,
    damaged: report.damaged.map(({ users, ...blob }) => ({
      ...blob,
      users: users.map((user) => ({ ...user, repository: repository(user.repository) })),
    })),
    damagedManifests: report.damagedManifests.map((one) => ({ ...one, repository: repository(one.repository) })),
  };
}

/** Verifies everything now and then at a gentle pace, until disposed of; not while somebody else has it verified. */
export function startScrub(
  maintenance: Maintenance,
  task: ReturnType<typeof verifyTask>,
  { intervalMs, bytesPerSecond }: { readonly intervalMs: number; readonly bytesPerSecond: number },
): Disposable {
  if (intervalMs === 0) return { [Symbol.dispose]: () => undefined };
  let timer: NodeJS.Timeout;
  const next = (): void => {
    maintenance.begin('verify', task({ bytesPerSecond }));
    timer = setTimeout(next, intervalMs).unref();
  };
  timer = setTimeout(next, Math.min(FIRST_MS, intervalMs)).unref();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
