import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The program as it is installed. */
export const LAUNCHER = join(import.meta.dirname, '..', '..', 'bin', 'seawall.mjs');

/** How a command ended. */
export interface Ended {
  /** `null` after a signal. */
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command that runs. */
export interface Running {
  readonly ended: Promise<Ended>;
  /** kill -9 of the command and whatever wraps it; does nothing once it has ended. */
  kill(): void;
}

/** Runs `seawall` in a process of its own; `wrapper` is a command that runs the one behind it. */
export function runCommand(args: readonly string[], wrapper: readonly string[] = []): Running {
  const [command = process.execPath, ...rest] = [...wrapper, process.execPath, LAUNCHER, ...args];
  const child = spawn(command, rest, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const ended = Promise.all([closed, text(child.stdout), text(child.stderr)]).then(([[exit], out, err]) => ({
    exit: exit as number | null,
    out,
    err,
  }));
  return { ended, kill: () => killGroupOf(child) };
}

/** kill -9 of a process that leads a group, and of the whole group. */
export function killGroupOf(child: {
  readonly pid?: number | undefined;
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
}): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // It ended in this moment.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
