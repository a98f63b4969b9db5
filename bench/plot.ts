import { type Figure, rounded } from './figure.ts';

/** Ratios of Seawall to each peer, as bars: what is left of the line at 1 is where the peer is ahead. */
interface Bar {
  readonly label: string;
  readonly value: number;
  readonly target?: number;
}

const WIDTH = 860;
const LEFT = 400;
const RIGHT = 60;
const LINE = 18;
const TOP = 76;
const BOTTOM = 34;
/** The axis is logarithmic between these. */
const [LEAST, MOST] = [0.25, 64];
const TICKS = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64];

/** An SVG of every ratio of a run. */
export function plot(measured: ReadonlyMap<string, readonly Figure[]>, said: string): string {
  const bars = [...measured.values()].flat().flatMap(barOf);
  const height = TOP + bars.length * LINE + BOTTOM;
  const body = [
    `<text x="12" y="22" font-size="15" font-weight="600">Seawall beside other registries: times as fast, one run, medians</text>`,
    ...said.split('; ').map((part, at) => `<text x="12" y="${38 + at * 14}">${escape(part)}</text>`),
    ...TICKS.map((tick) => tickAt(tick, height)),
    ...bars.map((bar, at) => barAt(bar, TOP + at * LINE)),
  ];
  const style = 'font-family="system-ui, sans-serif" font-size="11" fill="#24292f"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ${style}>
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
${body.join('\n')}
</svg>
`;
}

function barOf(figure: Figure): readonly Bar[] {
  if (!('value' in figure) || figure.unit !== 'x' || !figure.what.includes('seawall / ')) return [];
  const target = figure.target !== undefined && 'atLeast' in figure.target ? { target: figure.target.atLeast } : {};
  return [{ label: figure.what.replace('seawall / ', 'to '), value: figure.value, ...target }];
}

function xOf(value: number): number {
  const part = Math.log(Math.min(MOST, Math.max(LEAST, value)) / LEAST) / Math.log(MOST / LEAST);
  return Math.round((LEFT + part * (WIDTH - LEFT - RIGHT)) * 10) / 10;
}

function tickAt(value: number, height: number): string {
  const x = xOf(value);
  const line = `<line x1="${x}" y1="${TOP - 8}" x2="${x}" y2="${height - BOTTOM}" stroke="${value === 1 ? '#57606a' : '#d0d7de'}"/>`;
  return `${line}<text x="${x}" y="${height - BOTTOM + 16}" text-anchor="middle">${value}</text>`;
}

function barAt({ label, value, target }: Bar, y: number): string {
  const [one, end] = [xOf(1), xOf(value)];
  const short = target !== undefined && value < target;
  const bar = `<rect x="${Math.min(one, end)}" y="${y}" width="${Math.max(1, Math.abs(end - one))}" height="${LINE - 6}" fill="${short ? '#bf8700' : '#0969da'}"/>`;
  const mark =
    target === undefined
      ? ''
      : `<line x1="${xOf(target)}" y1="${y - 2}" x2="${xOf(target)}" y2="${y + LINE - 4}" stroke="#cf222e" stroke-width="2"/>`;
  const text = `<text x="${LEFT - 8}" y="${y + 10}" text-anchor="end">${escape(label)}</text>`;
  return `${text}${bar}${mark}<text x="${Math.max(one, end) + 5}" y="${y + 10}">${rounded(value)}</text>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
