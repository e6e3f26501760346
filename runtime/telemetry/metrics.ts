/** Turns events into Prometheus metrics. Which metrics there are stands in `metric-table.ts`. */
import { basename } from 'node:path';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { durationBucketsMs, type RuntimeEvents, type Tally } from '../core/events.ts';
import type { TopicPartition } from '../core/record-set.ts';
import { LabelLimit } from './label-limit.ts';
import { type MetricName, type MetricRow, metricTable, prometheusName } from './metric-table.ts';
import { TallyHistogram } from './tally-histogram.ts';

type NamesOf<Type> = { [K in MetricName]: (typeof metricTable)[K]['type'] extends Type ? K : never }[MetricName];
type Labels = Readonly<Record<string, string>>;

export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<MetricName, Counter>();
  readonly #gauges = new Map<MetricName, Gauge>();
  readonly #histograms = new Map<MetricName, Histogram>();
  readonly #durations: TallyHistogram;
  readonly #types = new LabelLimit();
  readonly #errors = new LabelLimit();

  constructor() {
    for (const name of Object.keys(metricTable) as MetricName[]) this.#register(name);
    this.#durations = new TallyHistogram({
      ...describe('handler.duration'),
      bounds: durationBucketsMs,
      registry: this.#registry,
    });
  }

  /** For `EventHub.listen`. */
  readonly listener = <K extends keyof RuntimeEvents>(name: K, event: RuntimeEvents[K]): void => {
    this.#rules[name]?.(event);
  };

  /** In Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  readonly #rules: { readonly [K in keyof RuntimeEvents]?: (event: RuntimeEvents[K]) => void } = {
    'kafka.reconnected': () => this.#count('reconnections', {}),
    'kafka.connectionFailed': () => this.#count('connection.errors', {}),
    'group.state': ({ group, state }) => {
      if (state === 'joined') this.#count('rebalances', { group });
      this.#set('connections.active', { group }, state === 'joined' || state === 'draining' ? 1 : 0);
    },
    'group.failed': ({ group }) => this.#count('group.failures', { group }),
    // A partition that is not ours any more is measured by its new owner.
    'partition.closed': (event) => this.#gauges.get('consumer.lag')?.remove(partitionLabels(event)),
    'partition.lag': (event) => this.#set('consumer.lag', partitionLabels(event), event.lag),
    'partition.outOfRange': (event) =>
      this.#count('records.missing', partitionLabels(event), Math.max(0, event.to - event.from)),
    'partition.stopped': (event) => this.#count('partitions.stopped', partitionLabels(event)),
    'records.fetched': ({ group, records }) => this.#observe('batch.size', { group }, records),
    'commit.failed': ({ group }) => this.#count('commit.errors', { group }),
    'record.retried': ({ group, type, error }) =>
      this.#count('records.retried', {
        group,
        event_type: this.#types.take(type),
        error_type: this.#errors.take(error.name),
      }),
    'record.deadLettered': ({ group, reason, errorType }) =>
      this.#count('messages.dlq', { group, dlq_reason: reason, error_type: this.#errors.take(errorType) }),
    'deadLetter.failed': ({ group }) => this.#count('dlq.errors', { group }),
    'record.held': ({ group }) => this.#count('records.held', { group }),
    'record.dropped': ({ group }) => this.#count('records.dropped', { group }),
    'handler.slow': ({ group }) => this.#count('handler.slow', { group }),
    'handler.tally': ({ group, tally }) => this.#tally(group, tally),
    'thread.died': ({ group }) => this.#count('threads.died', { group }),
    'records.published': ({ topic, records, durationMs }) => {
      this.#count('messages.published', { messaging_destination: topic }, records);
      this.#observe('publish.duration', { messaging_destination: topic }, durationMs);
    },
    'publish.failed': ({ topic, records }) => this.#count('publish.errors', { messaging_destination: topic }, records),
    'gateway.answered': ({ route, status, durationMs }) => {
      this.#count('gateway.requests', { route, status: String(status) });
      this.#observe('gateway.duration', { route }, durationMs);
    },
  };

  #tally(group: string, tally: Tally): void {
    for (const { topic, partition, type, count } of tally.handled) {
      const labels = { ...partitionLabels({ group, topic, partition }), event_type: this.#types.take(type) };
      this.#count('messages.consumed', labels, count);
    }
    for (const call of tally.calls) {
      const labels = { group, handler_name: basename(call.handler), event_type: this.#types.take(call.type) };
      this.#count('handler.invocations', labels, call.count);
      this.#count('handler.errors', labels, call.errors);
      this.#durations.add(labels, call.buckets, call.sumMs);
    }
    if (tally.skipped > 0) this.#count('messages.skipped', { group }, tally.skipped);
    if (tally.duplicates !== undefined) this.#count('messages.duplicates', { group }, tally.duplicates);
  }

  #register(name: MetricName): void {
    const row: MetricRow = metricTable[name];
    const config = { ...describe(name), labelNames: [...row.labels], registers: [this.#registry] };
    if (row.type === 'counter') this.#counters.set(name, new Counter(config));
    else if (row.type === 'gauge') this.#gauges.set(name, new Gauge(config));
    else if (row.buckets !== undefined) {
      this.#histograms.set(name, new Histogram({ ...config, buckets: [...row.buckets] }));
    }
  }

  #count(name: NamesOf<'counter'>, labels: Labels, by = 1): void {
    this.#counters.get(name)?.inc(labels, by);
  }

  #set(name: NamesOf<'gauge'>, labels: Labels, value: number): void {
    this.#gauges.get(name)?.set(labels, value);
  }

  #observe(name: NamesOf<'histogram'>, labels: Labels, value: number): void {
    this.#histograms.get(name)?.observe(labels, value);
  }
}

function describe(name: MetricName): { readonly name: string; readonly help: string } {
  const { meaning, unit } = metricTable[name];
  return { name: prometheusName(name), help: `${meaning} (${unit})` };
}

function partitionLabels(at: TopicPartition & { readonly group: string }): Labels {
  return {
    group: at.group,
    messaging_destination: at.topic,
    messaging_kafka_partition: String(at.partition),
  };
}
