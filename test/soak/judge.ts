import type { Sample } from './sample.ts';

/** Whether something stays as it is: where others keep the machine, nothing can be said of times, and nothing of a short run. */
export type Verdict = 'flat' | 'grew' | 'not judged';

/** What is said of one thing over a run. */
export interface Judged {
  readonly what: string;
  /** The median of each quarter: the first is that in which things fill and warm up. */
  readonly quarters: readonly number[];
  /** The last quarter as a multiple of the second. */
  readonly growth: number;
  readonly verdict: Verdict;
}

interface Thing {
  readonly what: string;
  readonly value: (sample: Sample) => number;
  /** A last quarter of more than so many times the second is growth; `undefined`: shown, not judged. */
  readonly most?: number;
  /** Whether others on the machine disturb it. */
  readonly isTime?: true;
}

const MIB = 1024 * 1024;
const THINGS: readonly Thing[] = [
  { what: 'memory, MiB', value: ({ rss }) => rss / MIB, most: 1.25 },
  { what: 'descriptors', value: ({ descriptors }) => descriptors, most: 1.25 },
  { what: 'disk, MiB', value: ({ disk }) => disk / MIB, most: 1.25 },
  { what: 'median, ms', value: ({ median }) => median, most: 1.5, isTime: true },
  { what: '99th percentile, ms', value: ({ p99 }) => p99, most: 2, isTime: true },
  { what: 'processors, server, %', value: ({ own }) => own * 100 },
  { what: 'processors, others, %', value: ({ others }) => others * 100 },
];

/** More of the processors than this in one of the two quarters, and times say nothing about the server. */
const NOISY = 0.2;
const QUARTERS = 4;
/** In less time, in s, repositories still fill. */
const SHORTEST_S = 600;

/**
 * Judges a run by the medians of its quarters, which a burst of something else does not move: the last against the
 * second. Nothing is judged of a run of less than ten minutes, and times where others left the machine alone in both quarters.
 */
export function judge(samples: readonly Sample[]): readonly Judged[] {
  const parts = quartersOf(samples);
  const noisy = [parts[1], parts[3]].some((part) => median((part ?? []).map(({ others }) => others)) > NOISY);
  const short = (samples.at(-1)?.atS ?? 0) < SHORTEST_S;
  return THINGS.map(({ what, value, most, isTime }) => {
    const quarters = parts.map((part) => median(part.map(value)));
    const growth = (quarters[3] ?? Number.NaN) / (quarters[1] ?? Number.NaN);
    return { what, quarters, growth, verdict: verdictOf(growth, most, short || (isTime === true && noisy)) };
  });
}

function verdictOf(growth: number, most: number | undefined, disturbed: boolean): Verdict {
  if (most === undefined || disturbed || !Number.isFinite(growth)) return 'not judged';
  return growth > most ? 'grew' : 'flat';
}

/** A table for people. */
export function tableOf(judged: readonly Judged[]): string {
  const head = ['', ...Array.from({ length: QUARTERS }, (_, i) => `quarter ${i + 1}`), 'last/second', ''];
  const rows = judged.map(({ what, quarters, growth, verdict }) => [
    what,
    ...quarters.map((value) => value.toFixed(value < 10 ? 2 : 1)),
    growth.toFixed(3),
    verdict,
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => (row[at] ?? '').length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, at) => padded(cell, widths[at] ?? 0, at))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Words to the left, numbers to the right. */
function padded(cell: string, width: number, column: number): string {
  return column === 0 || column > QUARTERS + 1 ? cell.padEnd(width) : cell.padStart(width);
}

function quartersOf(samples: readonly Sample[]): readonly (readonly Sample[])[] {
  const at = (part: number): number => Math.round((samples.length * part) / QUARTERS);
  return Array.from({ length: QUARTERS }, (_, part) => samples.slice(at(part), at(part + 1)));
}

function median(values: readonly number[]): number {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
