import { type Figure, type Gap, median, rounded, spreadOf, type Target } from './figure.ts';
import { cpuMsOf, memoryOf, resetPeak } from './process-usage.ts';
import type { Field, Subject } from './subject.ts';

/** How subjects are compared. */
export interface Comparison {
  readonly what: string;
  readonly unit: string;
  readonly rounds: number;
  /** Whether more is better (throughput) or less (time): ratios are turned so that more than 1 is better for Seawall. */
  readonly better: 'more' | 'less';
  /** Measures a subject once; answers the value and how many pieces of work that was, for the CPU of each. */
  readonly once: (subject: Subject) => Promise<Sample>;
  /** What a piece of work is called: `request`, `GiB`. */
  readonly piece: string;
  /** What the ratio of Seawall to a peer must reach, by a word of the peer's name. */
  readonly targets?: Readonly<Record<string, number>>;
  /** What Seawall may take of CPU for a piece, in s. */
  readonly cpuAtMost?: number;
}

/** One measurement. */
export interface Sample {
  readonly value: number;
  readonly pieces: number;
}

interface Measured {
  readonly subject: Subject;
  readonly values: number[];
  readonly cpuS: number[];
  peak: number;
}

const MB = 1e6;

/** Measures subjects turn by turn, A B A B, after one round to warm; figures of each and ratios of Seawall to each peer. */
export async function compare({ subjects, absent }: Field, comparison: Comparison): Promise<readonly Figure[]> {
  const measured = subjects.map((subject): Measured => ({ subject, values: [], cpuS: [], peak: 0 }));
  for (let round = -1; round < comparison.rounds; round += 1)
    for (const one of measured) await measureOnce(one, comparison, round >= 0);
  const gaps = absent.map(({ name, why }): Gap => ({ what: `${comparison.what}, ${name}`, gap: why }));
  return [...measured.map((one) => ownFigure(one, comparison)), ...ratios(measured, comparison), ...gaps];
}

async function measureOnce(one: Measured, { once }: Comparison, kept: boolean): Promise<void> {
  const { pids } = one.subject;
  await Promise.all(pids.map(resetPeak));
  const before = await cpuOf(pids);
  const { value, pieces } = await once(one.subject);
  const after = await cpuOf(pids);
  const peaks = await Promise.all(pids.map(async (pid) => (await memoryOf(pid)).peak));
  if (!kept) return;
  one.values.push(value);
  one.cpuS.push((after - before) / 1000 / pieces);
  one.peak = Math.max(one.peak, sum(peaks));
}

async function cpuOf(pids: readonly number[]): Promise<number> {
  return sum(await Promise.all(pids.map(cpuMsOf)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ownFigure({ subject, values, cpuS, peak }: Measured, { what, unit, piece }: Comparison): Figure {
  const cost = `${cpuText(median(cpuS))} CPU a ${piece}, peak RSS ${Math.round(peak / MB)} MB`;
  return { what: `${what}, ${subject.name}`, value: median(values), unit, spread: spreadOf(values), cost };
}

function cpuText(seconds: number): string {
  return seconds < 0.01 ? `${rounded(seconds * 1e6)} µs` : `${rounded(seconds)} s`;
}

function ratios(measured: readonly Measured[], comparison: Comparison): readonly Figure[] {
  const { what, better, targets = {}, cpuAtMost, piece } = comparison;
  const own = measured.find(({ subject }) => subject.name === 'seawall');
  if (own === undefined) return [];
  const figures: Figure[] = [];
  for (const peer of measured) {
    if (peer === own) continue;
    const [a, b] = [median(own.values), median(peer.values)];
    const atLeast = Object.entries(targets).find(([word]) => peer.subject.name.includes(word))?.[1];
    const target: { target?: Target } = atLeast === undefined ? {} : { target: { atLeast } };
    const value = better === 'more' ? a / b : b / a;
    figures.push({ what: `${what}, seawall / ${peer.subject.name}`, value, unit: 'x', ...target });
  }
  if (cpuAtMost !== undefined)
    figures.push({
      what: `${what}, CPU of seawall a ${piece}`,
      value: median(own.cpuS),
      unit: 's',
      target: { atMost: cpuAtMost },
    });
  return figures;
}
