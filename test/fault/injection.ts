import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

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

/** Makes calls of a running process fail until disposed of. */
export async function inject(pid: number, { call, error, when }: Injection): Promise<AsyncDisposable> {
  const args = ['-f', '-p', String(pid), '-o', '/dev/null', '-e', `trace=${call}`];
  const tracer = spawn('strace', [...args, '-e', `inject=${call}:error=${error}:when=${when}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(tracer, 'close');
  await attached(tracer, exited);
  return {
    [Symbol.asyncDispose]: async () => {
      // It lets go of the process, which goes on.
      if (tracer.exitCode === null) tracer.kill('SIGTERM');
      await exited;
    },
  };
}

async function attached(tracer: ChildProcess & { readonly stderr: NodeJS.ReadableStream }, exited: Promise<unknown>) {
  let said = '';
  const told = new Promise<void>((resolve) => {
    tracer.stderr.on('data', (text: Buffer) => {
      said += text.toString();
      if (/attached/.test(said)) resolve();
    });
  });
  await Promise.race([told, exited]);
  if (!/attached/.test(said)) throw new Error(`strace did not attach: ${said}`);
}
