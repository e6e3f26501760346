/**
 * A histogram that takes counts per bucket instead of single values: handler threads count for themselves and report
 * the sums, since a call per record on the main thread would cost more than the record. prom-client's own histogram
 * only takes values one by one, so this one fills the same registry.
 */
import type { Metric, Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

interface Series {
  readonly labels: Labels;
  readonly buckets: number[];
  count: number;
  sum: number;
}

export interface TallyHistogramConfig {
  readonly name: string;
  readonly help: string;
  /** Upper bounds, ascending; one more bucket holds what is above the last. */
  readonly bounds: readonly number[];
  readonly registry: Registry;
}

export class TallyHistogram {
  readonly #config: TallyHistogramConfig;
  readonly #series = new Map<string, Series>();

  constructor(config: TallyHistogramConfig) {
    this.#config = config;
    const metric = { name: config.name, get: () => this.#collect() };
    // The registry calls `name` and `get` only; its declared type also asks for the private parts of its own classes.
    config.registry.registerMetric(metric as unknown as Metric);
  }

  /** @param buckets values per bucket, not cumulative; one more than there are bounds @param sum of all values */
  add(labels: Labels, buckets: readonly number[], sum: number): void {
    const series = this.#of(labels);
    for (const [index, count] of buckets.entries()) {
      series.buckets[index] = (series.buckets[index] ?? 0) + count;
      series.count += count;
    }
    series.sum += sum;
  }

  #of(labels: Labels): Series {
    const id = JSON.stringify(Object.values(labels));
    let series = this.#series.get(id);
    if (series === undefined) {
      series = { labels, buckets: new Array<number>(this.#config.bounds.length + 1).fill(0), count: 0, sum: 0 };
      this.#series.set(id, series);
    }
    return series;
  }

  #collect(): unknown {
    const { name, help, bounds } = this.#config;
    const values = [...this.#series.values()].flatMap((series) => {
      let cumulative = 0;
      const buckets = [...bounds, '+Inf'].map((le, index) => {
        cumulative += series.buckets[index] ?? 0;
        return { metricName: `${name}_bucket`, labels: { ...series.labels, le }, value: cumulative };
      });
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels: series.labels, value: series.sum },
        { metricName: `${name}_count`, labels: series.labels, value: series.count },
      ];
    });
    return { name, help, type: 'histogram', values, aggregator: 'sum' };
  }
}
