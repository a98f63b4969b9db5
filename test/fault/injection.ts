import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { startTicksOf } from '../../src/system/live-process.ts';

/** Between two looks at a process, in ms. */
const LOOK_MS = 20;

/** Why no fault can be injected here; `false` where one can. */
export function whyNoInjection(): string | false {
  return existsSync('/usr/bin/strace') ? false : 'strace is not on this machine';
}

/** What makes calls of the command behind it fail, or kills it with them, from the n-th call of each thread on. */
export function failing({ calls, what, when, paths = [] }: Failing): readonly string[] {
  const traced = calls.join(',');
  const only = paths.flatMap((path) => ['-P', path]);
  const how = ['-e', `trace=${traced}`, '-e', `inject=${traced}:${what}:when=${when}`];
  return ['strace', '-f', '-o', '/dev/null', ...how, ...only];
}

/** A fault of the system that is there when a process begins. */
export interface Failing {
  readonly calls: readonly string[];
  /** In strace's words: `error=EIO`, or `signal=KILL`. */
  readonly what: string;
  /** See {@link Injection.when}. */
  readonly when: string;
  /** Only calls on these files; all when empty. */
  readonly paths?: readonly string[];
}

/** A fault of the system: from the n-th call of each thread on, a call fails. */
export interface Injection {
  readonly call: string;
  readonly error: string;
  /** `3`: the third alone; `3+`: all from the third. */
  readonly when: string;
}

/** Calls of a process that fail until this is disposed of. */
export interface Injected extends AsyncDisposable {
  /** Resolves when the first of them has failed. */
  readonly met: Promise<void>;
}

/** Makes calls of a running process fail; `path`: on this file alone. */
export async function inject(pid: number, { call, error, when }: Injection, path?: string): Promise<Injected> {
  const args = ['-f', '-p', String(pid), '-e', `trace=${call}`, '-e', `inject=${call}:error=${error}:when=${when}`];
  const tracer = spawn('strace', [...args, '-s', '0', ...(path === undefined ? [] : ['-P', path])], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(tracer, 'close');
  const met = Promise.withResolvers<void>();
  tracer.stderr.on('data', (text: Buffer) => {
    if (text.includes('(INJECTED)')) met.resolve();
  });
  await attached(tracer, exited);
  return {
    met: met.promise,
    [Symbol.asyncDispose]: () => letGo(tracer, exited, pid),
  };
}

/** The process goes on. Of one that dies meanwhile strace waits for the first thread before the others, which never comes: then it is killed. */
async function letGo(tracer: ChildProcess, exited: Promise<unknown>, pid: number): Promise<void> {
  let over = tracer.exitCode !== null;
  const ended = exited.then(() => void (over = true));
  if (!over) tracer.kill('SIGTERM');
  while (!over) {
    await Promise.race([ended, pause(LOOK_MS)]);
    if (!over && (await startTicksOf(pid)) === undefined) tracer.kill('SIGKILL');
  }
  await ended;
}

async function attached(tracer: ChildProcess & { readonly stderr: NodeJS.ReadableStream }, exited: Promise<unknown>) {
  let said = '';
  const told = new Promise<void>((resolve) => {
    const read = (text: Buffer): void => {
      said += text.toString();
      if (!/attached/.test(said)) return;
      tracer.stderr.off('data', read);
      resolve();
    };
    tracer.stderr.on('data', read);
  });
  await Promise.race([told, exited]);
  if (!/attached/.test(said)) throw new Error(`strace did not attach: ${said}`);
}
