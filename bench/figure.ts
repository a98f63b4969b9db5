/** One measured figure. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The most that the value may be, where there is a bound that holds on any machine. */
  readonly atMost?: number;
}

/** One thing that is measured, by name. `options` come from the command line. */
export interface Row {
  readonly name: string;
  readonly measure: (options: Options) => Promise<readonly Figure[]>;
}

/** What the command line says. */
export interface Options {
  /** Size of the layer of the row `layer`, in bytes. */
  readonly layerBytes: number;
}

/** The middle of some values; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = 0, high = 0] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return (low + high) / 2;
}

/** Figures as a table in Markdown, one section a row. */
export function table(measured: ReadonlyMap<string, readonly Figure[]>): string {
  const lines = [...measured].flatMap(([row, figures]) => figures.map((figure) => line(row, figure)));
  return ['| row | figure | value | |', '| --- | --- | ---: | --- |', ...lines].join('\n');
}

/** Whether a figure is beyond its bound. */
export function exceeds({ value, atMost }: Figure): boolean {
  return atMost !== undefined && value > atMost;
}

function line(row: string, figure: Figure): string {
  const { what, value, unit, atMost } = figure;
  const bound = atMost === undefined ? '' : `${exceeds(figure) ? 'BEYOND' : 'within'} ${atMost} ${unit}`;
  return `| ${row} | ${what} | ${rounded(value)} ${unit} | ${bound} |`;
}

function rounded(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
