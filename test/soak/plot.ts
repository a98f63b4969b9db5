import type { Sample } from './sample.ts';

/** One line of a plot over time. */
interface Line {
  readonly title: string;
  readonly unit: string;
  readonly colour: string;
  readonly value: (sample: Sample) => number;
}

const MIB = 1024 * 1024;
const LINES: readonly Line[] = [
  { title: 'resident memory', unit: 'MiB', colour: '#0b5394', value: ({ rss }) => rss / MIB },
  { title: 'open descriptors', unit: '', colour: '#38761d', value: ({ descriptors }) => descriptors },
  { title: 'data on disk', unit: 'MiB', colour: '#7f6000', value: ({ disk }) => disk / MIB },
  { title: 'pull by tag, median', unit: 'ms', colour: '#741b47', value: ({ median }) => median },
  { title: 'pull by tag, 99th percentile', unit: 'ms', colour: '#990000', value: ({ p99 }) => p99 },
  { title: 'processors, the server', unit: '%', colour: '#0b5394', value: ({ own }) => own * 100 },
  { title: 'processors, others on the machine', unit: '%', colour: '#666666', value: ({ others }) => others * 100 },
];
const WIDTH = 760;
const HEIGHT = 110;
const LEFT = 70;
const TOP = 26;

/** A picture (SVG) of what a server took over time, each line from zero to its highest. */
export function plot(samples: readonly Sample[], caption: string): string {
  const total = TOP + LINES.length * (HEIGHT + TOP) + TOP;
  const panels = LINES.map((line, i) => panel(line, samples, TOP + i * (HEIGHT + TOP) + 14));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH + LEFT + 20} ${total}" font-family="sans-serif" font-size="12">`,
    `<title>${caption}</title>`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="8" y="16" font-weight="bold">${caption}</text>`,
    ...panels,
    '</svg>',
    '',
  ].join('\n');
}

function panel({ title, unit, colour, value }: Line, samples: readonly Sample[], top: number): string {
  const values = samples.map(value).filter(Number.isFinite);
  const highest = Math.max(1, ...values) * 1.1;
  const lastS = Math.max(1, samples.at(-1)?.atS ?? 1);
  const points = samples
    .filter((one) => Number.isFinite(value(one)))
    .map((one) => `${x(one.atS, lastS)},${(top + HEIGHT - (value(one) / highest) * HEIGHT).toFixed(1)}`);
  const bottom = top + HEIGHT;
  return [
    `<text x="${LEFT}" y="${top - 4}">${title}${unit === '' ? '' : `, ${unit}`}</text>`,
    `<path d="M${LEFT} ${top}V${bottom}H${LEFT + WIDTH}" fill="none" stroke="#999"/>`,
    `<text x="${LEFT - 6}" y="${top + 10}" text-anchor="end">${highest.toFixed(highest < 10 ? 1 : 0)}</text>`,
    `<text x="${LEFT - 6}" y="${bottom}" text-anchor="end">0</text>`,
    `<text x="${LEFT + WIDTH}" y="${bottom + 14}" text-anchor="end">${(lastS / 60).toFixed(1)} min</text>`,
    `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points.join(' ')}"/>`,
  ].join('\n');
}

function x(atS: number, lastS: number): string {
  return (LEFT + (atS / lastS) * WIDTH).toFixed(1);
}
