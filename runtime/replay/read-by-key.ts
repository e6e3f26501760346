/**
 * The stream of one key: all its records, from the one partition that the key belongs to (row S-109). The partition is
 * where the manifest's producer writes the key; who writes with another partitioner has it elsewhere.
 */
import { type Clock, systemClock } from '../core/clock.ts';
import { UsageError } from '../core/errors.ts';
import type { OffsetPoint } from '../core/offset-point.ts';
import { systemRandom } from '../core/random.ts';
import { partitionKey } from '../core/record-set.ts';
import type { KafkaSettings, ProducerSettings } from '../core/settings.ts';
import type { RawRecord } from '../core/thread-messages.ts';
import { Cluster } from '../kafka/cluster.ts';
import { loadClient } from '../kafka/load-client.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { loadPartitioner } from '../publisher/load-partitioner.ts';
import { extentsOf, resolvePoint } from './extents.ts';
import { readPartition } from './read-partition.ts';

export interface ReadByKeyOptions {
  readonly topics: readonly string[];
  readonly key: string;
  readonly from: OffsetPoint;
  /** At most so many. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
  /** Offsets looked at, and how many there are; from time to time. */
  readonly progress?: (scanned: number, total: number) => void;
}

export interface KeyedRecord extends RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestampMs: number;
}

interface Settings {
  readonly kafka: KafkaSettings;
  readonly producer: ProducerSettings;
}

/**
 * Topic after topic, each in its order, up to where it ended at the start. Bytes are copies.
 * @throws UsageError where no Kafka or no such topic is there, KafkaError
 */
export async function* readByKey(settings: Settings, options: ReadByKeyOptions): AsyncGenerator<KeyedRecord> {
  const { brokers } = settings.kafka;
  if (brokers === 'embedded') {
    throw usage('no Kafka is named, and an embedded broker has no events to show: set kafka.brokers or KAFKA_BROKERS');
  }
  const timing = { clock: systemClock, random: systemRandom, emit: () => {} };
  const client = (await loadClient(settings.kafka.client))({ ...settings.kafka, brokers, ...timing });
  const cluster = new Cluster({ client, ...timing });
  try {
    yield* scan(client, cluster, systemClock, settings.producer, options);
  } finally {
    cluster.close();
    await client.close();
  }
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

async function* scan(
  client: KafkaClient,
  cluster: Cluster,
  clock: Clock,
  producer: ProducerSettings,
  { topics, key, from, limit = Number.POSITIVE_INFINITY, signal, progress }: ReadByKeyOptions,
): AsyncGenerator<KeyedRecord> {
  const places = await placesOf(cluster, producer, topics, key);
  const extents = await extentsOf(client, cluster, places);
  const begins = await resolvePoint(client, cluster, places, extents, from);
  const spans = places.map((partition) => {
    const name = partitionKey(partition);
    return { partition, from: begins.get(name)!, to: extents.get(name)!.end };
  });
  const total = spans.reduce((sum, span) => sum + span.to - span.from, 0);
  const wanted = Buffer.from(key);
  let before = 0;
  let found = 0;
  for (const span of spans) {
    const reached = (offset: number): void => progress?.(before + offset - span.from, total);
    for await (const { batch, index } of readPartition({
      ...{ client, cluster, clock, reached, ...span },
      ...(signal !== undefined && { signal }),
    })) {
      const own = batch.keyAt(index);
      if (own === null || !wanted.equals(own)) continue;
      const value = batch.valueAt(index);
      yield {
        ...span.partition,
        offset: batch.offsetAt(index),
        timestampMs: batch.timestampAt(index),
        key: wanted,
        value: value === null ? null : Buffer.from(value),
        headers: batch.headersAt(index).map(([name, bytes]) => [name, bytes && Buffer.from(bytes)] as const),
      };
      if (++found >= limit) return;
    }
    before += span.to - span.from;
  }
}

async function placesOf(
  cluster: Cluster,
  { partitioner }: ProducerSettings,
  topics: readonly string[],
  key: string,
): Promise<readonly Place[]> {
  const choose = await loadPartitioner(partitioner);
  const views = await cluster.partitionsOf(topics);
  return views.map(({ name: topic, partitionCount }) => {
    if (partitionCount === 0) throw usage(`topic ${topic} does not exist`);
    const partition = choose({ topic, key: Buffer.from(key), value: null, headers: [] }, partitionCount);
    if (typeof partition === 'number') return { topic, partition };
    const hint = 'name a manifest whose partitioner goes by the key';
    throw usage(`producer.partitioner.by: ${partitioner.by} puts one key into every partition; ${hint}`);
  });
}

function usage(message: string): UsageError {
  return new UsageError('RT_USAGE', message, { retryable: false });
}
