import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cpuTimes } from '../../bench/noise.ts';
import { cpuMsOf, memoryOf } from '../../bench/process-usage.ts';

/** What a server takes at one time, and how it answered since the sample before. */
export interface Sample {
  /** Since the beginning, in s. */
  readonly atS: number;
  /** Resident set, in bytes. */
  readonly rss: number;
  /** Files and sockets that are open. */
  readonly descriptors: number;
  /** What the files of the data folder hold, in bytes. */
  readonly disk: number;
  /** Of pulls of a manifest by tag, in ms; NaN where there was none. */
  readonly median: number;
  readonly p99: number;
  /** Of the time of all processors since the sample before, from 0 to 1: what the server took, and what neither it nor the soak did. */
  readonly own: number;
  readonly others: number;
}

/** A process that is looked at, from a moment on. */
export interface Watched {
  readonly pid: number;
  readonly dataDir: string;
  readonly sinceMs: number;
  /** What the processors had done at the sample before. */
  used: Used;
}

/** Processor time so far: of the machine in ticks of 10 ms, of the server and of this process in ms. */
interface Used {
  readonly busy: number;
  readonly all: number;
  readonly serverMs: number;
  readonly soakMs: number;
}

/** Begins to look at a process. */
export async function watchProcess(pid: number, dataDir: string): Promise<Watched> {
  return { pid, dataDir, sinceMs: performance.now(), used: await usedBy(pid) };
}

/** Takes a sample of a process and its data folder (Linux: proc(5)). */
export async function sample(watched: Watched, latencies: readonly number[]): Promise<Sample> {
  const { pid, dataDir, sinceMs, used } = watched;
  const sorted = latencies.toSorted((a, b) => a - b);
  watched.used = await usedBy(pid);
  return {
    ...sharesBetween(used, watched.used),
    atS: (performance.now() - sinceMs) / 1_000,
    rss: (await memoryOf(pid)).rss,
    descriptors: (await readdir(`/proc/${pid}/fd`)).length,
    disk: await sizeOf(dataDir),
    median: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
  };
}

async function usedBy(pid: number): Promise<Used> {
  const [machine, serverMs] = await Promise.all([cpuTimes(), cpuMsOf(pid)]);
  const { user, system } = process.cpuUsage();
  return { ...machine, serverMs, soakMs: (user + system) / 1_000 };
}

const TICK_MS = 10;

function sharesBetween(before: Used, after: Used): Pick<Sample, 'own' | 'others'> {
  const allMs = Math.max(TICK_MS, (after.all - before.all) * TICK_MS);
  const own = (after.serverMs - before.serverMs) / allMs;
  const soak = (after.soakMs - before.soakMs) / allMs;
  return { own, others: Math.max(0, ((after.busy - before.busy) * TICK_MS) / allMs - own - soak) };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Files come and go while this looks; what has gone counts nothing. */
async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}
