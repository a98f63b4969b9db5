/** What a histogram is called and where its buckets end, in the unit of its values and from least to most. */
export interface HistogramShape {
  readonly name: string;
  readonly help: string;
  readonly bounds: readonly number[];
}

/** One series of a histogram. */
interface Series {
  readonly labels: string;
  /** By bucket, each without those below it; the last is of what lies beyond every bound. */
  readonly counts: number[];
  sum: number;
}

/** Puts one value into its bucket. */
export type Observe = (value: number) => void;

/**
 * A Prometheus histogram that counts in place: prom-client's looks its labels up for each value, which costs a µs of every
 * request.
 */
export class Histogram {
  readonly #shape: HistogramShape;
  readonly #series = new Map<string, Series>();

  constructor(shape: HistogramShape) {
    this.#shape = shape;
  }

  /** The series of these labels, whose values are of closed sets, without quotes, backslashes and line feeds. */
  series(labels: Readonly<Record<string, string>>): Observe {
    const { bounds } = this.#shape;
    const text = Object.entries(labels)
      .map(([name, value]) => `${name}="${value}"`)
      .join();
    const counts = Array.from({ length: bounds.length + 1 }, () => 0);
    const series = this.#series.get(text) ?? { labels: text, counts, sum: 0 };
    this.#series.set(text, series);
    return (value) => {
      let at = 0;
      while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
      series.counts[at] = (series.counts[at] ?? 0) + 1;
      series.sum += value;
    };
  }

  /** All series in Prometheus' text format. */
  expose(): string {
    const { name, help } = this.#shape;
    const lines = [...this.#series.values()].flatMap((series) => this.#linesOf(series));
    return `${[`# HELP ${name} ${help}`, `# TYPE ${name} histogram`, ...lines].join('\n')}\n`;
  }

  #linesOf({ labels, counts, sum }: Series): readonly string[] {
    const { name, bounds } = this.#shape;
    let count = 0;
    const buckets = counts.map((own, at) => {
      count += own;
      return `${name}_bucket{le="${bounds[at] ?? '+Inf'}",${labels}} ${count}`;
    });
    return [...buckets, `${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${count}`];
  }
}
