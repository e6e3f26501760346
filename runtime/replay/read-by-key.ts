/**
 * The stream of one key: all its records, from the one partition that the key belongs to (row S-109). The partition is
 * where the manifest's producer writes the key; who writes with another partitioner has it elsewhere.
 */
import { systemClock } from '../core/clock.ts';
import { UsageError } from '../core/errors.ts';
import type { OffsetPoint } from '../core/offset-point.ts';
import { systemRandom } from '../core/random.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { KafkaSettings, ProducerSettings } from '../core/settings.ts';
import { Cluster } from '../kafka/cluster.ts';
import { loadClient } from '../kafka/load-client.ts';
import { PartitionReader } from '../kafka/partition-reader.ts';
import type { StoredRecord } from '../kafka/stored-records.ts';
import { loadPartitioner } from '../publisher/load-partitioner.ts';
import { extentsOf, resolvePoint } from './extents.ts';

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

const answerBytesMax = 1024 * 1024; // a batch that is larger comes alone

interface Settings {
  readonly kafka: KafkaSettings;
  readonly producer: ProducerSettings;
}

/**
 * Topic after topic, each in its order, up to where it ended at the start, or until `signal`. Bytes are copies.
 * @throws UsageError where no Kafka or no such topic is there, KafkaError
 */
export async function* readByKey(settings: Settings, options: ReadByKeyOptions): AsyncGenerator<StoredRecord> {
  const { brokers } = settings.kafka;
  if (brokers === 'embedded') {
    throw usage('no Kafka is named, and an embedded broker has no events to show: set kafka.brokers or KAFKA_BROKERS');
  }
  const timing = { clock: systemClock, random: systemRandom, emit: () => {} };
  const client = (await loadClient(settings.kafka.client))({ ...settings.kafka, brokers, ...timing });
  const cluster = new Cluster({ client, ...timing });
  try {
    const places = await placesOf(cluster, settings.producer, options.topics, options.key);
    const { requestTimeoutMs } = settings.kafka;
    yield* scan(
      new PartitionReader({ client, cluster, ...timing, purpose: 'fetch:events', requestTimeoutMs }),
      places,
      options,
    );
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
  } finally {
    cluster.close();
    await client.close();
  }
}

async function* scan(
  reader: PartitionReader,
  places: readonly TopicPartition[],
  { key, from, limit = Number.POSITIVE_INFINITY, signal, progress }: ReadByKeyOptions,
): AsyncGenerator<StoredRecord> {
  const extents = await extentsOf(reader, places);
  const begins = await resolvePoint(reader, places, extents, from);
  const spans = places.map((partition) => {
    const name = partitionKey(partition);
    return { partition, begin: begins.get(name)!, end: extents.get(name)!.end };
  });
  const total = spans.reduce((sum, { begin, end }) => sum + end - begin, 0);
  const wanted = Buffer.from(key);
  let before = 0;
  let found = 0;
  for (const { partition, begin, end } of spans) {
    for await (const batch of reader.batches(partition, { begin, end }, { maxBytes: answerBytesMax, signal })) {
      for (const record of batch.records()) {
        if (record.offset < begin || record.offset >= end || !isKey(record, wanted)) continue;
        yield record;
        if (++found >= limit) return;
      }
      progress?.(before + Math.min(batch.header.lastOffset + 1, end) - begin, total);
    }
    before += end - begin;
    progress?.(before, total);
  }
}

function isKey({ key }: StoredRecord, wanted: Buffer): boolean {
  return key !== null && wanted.equals(key);
}

async function placesOf(
  cluster: Cluster,
  { partitioner }: ProducerSettings,
  topics: readonly string[],
  key: string,
): Promise<readonly TopicPartition[]> {
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
