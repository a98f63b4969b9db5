/** One measured figure, or why there is none: a gap is named, and never a made-up value. */
export type Figure = MeasuredFigure | Gap;

/** A value and what belongs to it. */
export interface MeasuredFigure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What issue 6 or another text asks of the value. */
  readonly target?: Target;
  /** Whether a value beyond its target fails the run: for what holds on any machine, such as memory, never for time. */
  readonly gates?: true;
  /** What the server took for it, such as CPU and memory. */
  readonly cost?: string;
  /** How far apart the rounds were: (most - least) / median. */
  readonly spread?: number;
}

/** What could not be measured here. */
export interface Gap {
  readonly what: string;
  readonly gap: string;
}

/** A bound of a value, inclusive. */
export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** One thing that is measured, by name. */
export interface Row {
  readonly name: string;
  readonly measure: (options: Options) => Promise<readonly Figure[]>;
}

/** What the command line says, and what is made once for all rows. */
export interface Options {
  /** Size of the layer of the row `layer`, in bytes. */
  readonly layerBytes: number;
  /** Short rounds and small sizes: to see that a row works, not to publish. */
  readonly quick: boolean;
}

/** The middle of some values; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = 0, high = 0] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return (low + high) / 2;
}

/** How far apart some values are, as a part of their median. */
export function spreadOf(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}

/** Figures as a table in Markdown. */
export function table(measured: ReadonlyMap<string, readonly Figure[]>): string {
  const lines = [...measured].flatMap(([row, figures]) => figures.map((figure) => line(row, figure)));
  const head = ['| row | figure | value | rounds differ by | server took | target |'];
  return [...head, '| --- | --- | ---: | ---: | --- | --- |', ...lines].join('\n');
}

/** Whether a figure is beyond its target. */
function misses(figure: Figure): boolean {
  if ('gap' in figure || figure.target === undefined) return false;
  return 'atMost' in figure.target ? figure.value > figure.target.atMost : figure.value < figure.target.atLeast;
}

/** Whether a figure fails the run. */
export function fails(figure: Figure): boolean {
  return 'value' in figure && figure.gates === true && misses(figure);
}

function line(row: string, figure: Figure): string {
  if ('gap' in figure) return `| ${row} | ${figure.what} | – | | | not measured: ${figure.gap} |`;
  const { what, value, unit, spread, cost = '' } = figure;
  const differ = spread === undefined ? '' : `${Math.round(spread * 100)} %`;
  return `| ${row} | ${what} | ${rounded(value)} ${unit} | ${differ} | ${cost} | ${verdict(figure)} |`;
}

function verdict(figure: MeasuredFigure): string {
  const { target, unit } = figure;
  if (target === undefined) return '';
  const bound = 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
  return `${bound} ${unit}: ${misses(figure) ? 'FALLS SHORT' : 'reached'}`;
}

/** A value with three digits that count. */
export function rounded(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
