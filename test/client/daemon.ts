import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Replacement, asDaemon } from './private-mounts.ts';
import type { Command } from './process.ts';

/**
 * Starts a daemon in namespaces of its own and answers when it has logged `ready`. Disposing of it kills it and
 * waits until all its children have gone. Throws with its log when it ends first.
 */
export async function startDaemon(
  command: Command,
  ready: RegExp,
  replacements: readonly Replacement[],
): Promise<AsyncDisposable> {
  const [tool, ...args] = asDaemon(replacements, command);
  const child = spawn(tool, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  // Its output closes when the last process that inherited it has gone.
  const gone = once(child, 'close');
  await new Promise<void>((resolve, reject) => {
    let log = '';
    const read = (text: string) => {
      log += text;
      if (ready.test(log)) resolve();
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.on('error', reject);
    child.on('exit', (code) =>
      reject(new Error(`${command.join(' ')} ended with ${code} before it was ready\n${log}`)),
    );
  });
  return {
    [Symbol.asyncDispose]: async () => {
      // Only SIGKILL: unshare holds the others back. The first process of the namespace dies with it, and so all others.
      child.kill('SIGKILL');
      await gone;
    },
  };
}
