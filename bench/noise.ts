import { readFile } from 'node:fs/promises';
import { setTimeout as passing } from 'node:timers/promises';
import { median } from './figure.ts';

const SAMPLE_MS = 500;

/** How busy a machine is while the bench itself does nothing: each of the figures is as much in doubt. */
export class Noise {
  readonly #samples: number[] = [];

  /** Looks for half a second. */
  async look(): Promise<void> {
    const before = await cpuTimes();
    await passing(SAMPLE_MS);
    const after = await cpuTimes();
    this.#samples.push((after.busy - before.busy) / (after.all - before.all));
  }

  /** The part of the processors that others took, from 0 to 1: the median and the most of all looks. */
  get others(): { readonly median: number; readonly most: number } {
    return { median: median(this.#samples), most: Math.max(...this.#samples) };
  }
}

/** In ticks, of all processors: what is neither idle nor waiting for a disk, and everything. Linux only (proc(5)). */
export async function cpuTimes(): Promise<{ readonly busy: number; readonly all: number }> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n', 1);
  const times = line.split(/\s+/).slice(1).map(Number);
  const all = times.reduce((sum, time) => sum + time, 0);
  return { busy: all - (times[3] ?? 0) - (times[4] ?? 0), all };
}

/** What is said of a run, for people. */
export function describeNoise({ others }: Noise): string {
  const percent = (part: number): string => `${Math.round(part * 100)} %`;
  const said = `others took ${percent(others.median)} of the processors between the rows (at most ${percent(others.most)})`;
  return others.median > 0.1 ? `${said}: a busy machine, trust no more than large ratios` : `${said}: a quiet machine`;
}
