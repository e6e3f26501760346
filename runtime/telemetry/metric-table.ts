/**
 * Every metric in one place: name, type, unit, labels, meaning. The names are those of rows S-73 to S-75, dots and all;
 * Prometheus gets them with underscores, and `_total` after a counter. No label carries a key, an offset or an id.
 */

export interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly unit: 'records' | 'calls' | 'milliseconds' | 'connections' | 'events' | 'threads' | 'requests';
  readonly labels: readonly string[];
  readonly meaning: string;
  /** Upper bounds, in the metric's unit. */
  readonly buckets?: readonly number[];
}

export const metricTable = {
  'messages.published': {
    type: 'counter',
    unit: 'records',
    labels: ['messaging_destination'],
    meaning: 'Records that Kafka has acknowledged: dead letters and what handlers published',
  },
  'publish.errors': {
    type: 'counter',
    unit: 'records',
    labels: ['messaging_destination'],
    meaning: 'Records that could not be written, once per try',
  },
  'publish.duration': {
    type: 'histogram',
    unit: 'milliseconds',
    labels: ['messaging_destination'],
    meaning: 'From handing records to the producer to their acknowledgement',
    buckets: [1, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 30000],
  },
  'messages.consumed': {
    type: 'counter',
    unit: 'records',
    labels: ['group', 'messaging_destination', 'messaging_kafka_partition', 'event_type'],
    meaning: 'Records that handlers have finished',
  },
  'messages.skipped': {
    type: 'counter',
    unit: 'records',
    labels: ['group'],
    meaning: 'Records that no handler takes; they count as finished',
  },
  'messages.duplicates': {
    type: 'counter',
    unit: 'calls',
    labels: ['group'],
    meaning: 'Handler calls left out, since `dedupe` knows the record',
  },
  'batch.size': {
    type: 'histogram',
    unit: 'records',
    labels: ['group'],
    meaning: 'Records of one partition that a fetch brought',
    buckets: [1, 10, 50, 100, 500, 1000, 5000, 10000],
  },
  'handler.invocations': {
    type: 'counter',
    unit: 'calls',
    labels: ['group', 'handler_name', 'event_type'],
    meaning: 'Handler calls, every attempt counted',
  },
  'handler.errors': {
    type: 'counter',
    unit: 'calls',
    labels: ['group', 'handler_name', 'event_type'],
    meaning: 'Handler calls that failed or ran out of time',
  },
  'handler.duration': {
    type: 'histogram',
    unit: 'milliseconds',
    labels: ['group', 'handler_name', 'event_type'],
    meaning: 'Time of one handler call',
  },
  'handler.slow': {
    type: 'counter',
    unit: 'calls',
    labels: ['group'],
    meaning: 'Handler calls that ran longer than `timeouts.slow`',
  },
  'records.retried': {
    type: 'counter',
    unit: 'records',
    labels: ['group', 'event_type', 'error_type'],
    meaning: 'Failed attempts that are followed by another one',
  },
  'records.held': {
    type: 'counter',
    unit: 'records',
    labels: ['group'],
    meaning: 'Records that block their key until an operator acts',
  },
  'records.dropped': {
    type: 'counter',
    unit: 'records',
    labels: ['group'],
    meaning: 'Records given up without a dead letter, as `dlq.onDisabled: drop` says',
  },
  'messages.dlq': {
    type: 'counter',
    unit: 'records',
    labels: ['group', 'dlq_reason', 'error_type'],
    meaning: 'Records written to a dead letter topic',
  },
  'dlq.errors': {
    type: 'counter',
    unit: 'records',
    labels: ['group'],
    meaning: 'Dead letters that could not be written yet, once per try',
  },
  'commit.errors': {
    type: 'counter',
    unit: 'events',
    labels: ['group'],
    meaning: 'Offset commits that Kafka did not take',
  },
  'connection.errors': {
    type: 'counter',
    unit: 'events',
    labels: [],
    meaning: 'Connections that could not be made or broke, and requests that got no answer',
  },
  reconnections: {
    type: 'counter',
    unit: 'events',
    labels: [],
    meaning: 'Connections made again after they were lost',
  },
  rebalances: {
    type: 'counter',
    unit: 'events',
    labels: ['group'],
    meaning: 'Times the group got an assignment, the first one counted',
  },
  'group.failures': {
    type: 'counter',
    unit: 'events',
    labels: ['group'],
    meaning: 'Times an error ended the group; it is started again where that can help',
  },
  'threads.died': {
    type: 'counter',
    unit: 'threads',
    labels: ['group'],
    meaning: 'Handler threads that ended unexpectedly or were stopped for blocking',
  },
  'records.missing': {
    type: 'counter',
    unit: 'records',
    labels: ['group', 'messaging_destination', 'messaging_kafka_partition'],
    meaning: 'Offsets skipped since Kafka had them no more, deleted by retention for example',
  },
  'partitions.stopped': {
    type: 'counter',
    unit: 'events',
    labels: ['group', 'messaging_destination', 'messaging_kafka_partition'],
    meaning: 'Partitions that are not read any more until an operator acts: their bytes do not decode',
  },
  'gateway.requests': {
    type: 'counter',
    unit: 'requests',
    labels: ['route', 'status'],
    meaning: 'Requests that the gateway has answered, by the route of the manifest and the status of the answer',
  },
  'gateway.duration': {
    type: 'histogram',
    unit: 'milliseconds',
    labels: ['route'],
    meaning: 'From a request to its answer, for an accepted one with the acknowledgement of Kafka',
    buckets: [1, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 10000],
  },
  'connections.active': {
    type: 'gauge',
    unit: 'connections',
    labels: ['group'],
    meaning: '1 while the group is a member, 0 otherwise',
  },
  'consumer.lag': {
    type: 'gauge',
    unit: 'records',
    labels: ['group', 'messaging_destination', 'messaging_kafka_partition'],
    meaning: 'End offset minus committed offset of a partition that this process owns',
  },
} as const satisfies Record<string, MetricRow>;

export type MetricName = keyof typeof metricTable;

/** `messages.consumed` is `kafka_eventbus_messages_consumed_total` for Prometheus. */
export function prometheusName(name: MetricName): string {
  const flat = `kafka_eventbus_${name.replaceAll('.', '_')}`;
  return metricTable[name].type === 'counter' ? `${flat}_total` : flat;
}
