import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryOf } from '../../bench/process-usage.ts';

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
}

/** Takes a sample of a process and its data folder (Linux: proc(5)). */
export async function sample(
  { pid, dataDir, sinceMs }: { readonly pid: number; readonly dataDir: string; readonly sinceMs: number },
  latencies: readonly number[],
): Promise<Sample> {
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    atS: (performance.now() - sinceMs) / 1_000,
    rss: (await memoryOf(pid)).rss,
    descriptors: (await readdir(`/proc/${pid}/fd`)).length,
    disk: await sizeOf(dataDir),
    median: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
  };
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
