import { readFile, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** When a process started, in the kernel's ticks since its own start; `undefined` when there is none, or it is dead and not yet reaped. */
export async function startTicksOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name stands in parentheses and may hold anything; what follows is the state, and the start is the 20th after it.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** A process that is told from every other that may be given its pid later. */
export interface Known {
  readonly pid: number;
  readonly startTicks: string;
}

/** Whether it is still there. */
export async function isAlive({ pid, startTicks }: Known): Promise<boolean> {
  return (await startTicksOf(pid)) === startTicks;
}

/** Signals it when it is still there. */
export async function signal(one: Known, name: NodeJS.Signals): Promise<void> {
  if (!(await isAlive(one))) return;
  try {
    process.kill(one.pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

/** How often a process that is no child is looked at, in ms. */
const LOOK_MS = 20;

/** Waits for its end; `false` when it is still there after `ms`. */
export async function endedWithin(one: Known, ms: number): Promise<boolean> {
  const until = performance.now() + ms;
  while (await isAlive(one)) {
    if (performance.now() >= until) return false;
    await wait(LOOK_MS);
  }
  return true;
}

/** Whether a process is in the network namespace of this name: it may have been made anew. */
export async function isInNamespace(pid: number, namespace: string): Promise<boolean> {
  const [own, named] = await Promise.all([
    stat(`/proc/${pid}/ns/net`).catch(() => undefined),
    stat(`/run/netns/${namespace}`).catch(() => undefined),
  ]);
  return own !== undefined && named !== undefined && own.ino === named.ino && own.dev === named.dev;
}
