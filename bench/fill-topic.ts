/**
 * Makes a topic and fills it, in batches as a busy producer sends them. A key is always in the same partition. The keys
 * of a partition come in turn, so its batches repeat: they are built once and sent again and again.
 */
import { zeroUuid } from '../runtime/protocol/codec.ts';
import { isRetryableKafkaError, kafkaErrorName } from '../runtime/protocol/error-codes.ts';
import { produce } from '../runtime/protocol/produce.ts';
import { writeBatch } from '../runtime/protocol/records/batch-writer.ts';
import { TestKafka } from '../runtime/testing/test-kafka.ts';
import { addressesOf } from './addresses.ts';
import { keysPerPartition, type ValueOf } from './workload.ts';

export interface Filling {
  /** `host:port`, comma-separated. */
  readonly brokers: string;
  /** Default: a new name. */
  readonly topic?: string;
  readonly partitions: number;
  /** All records in the first partition. */
  readonly hot?: boolean;
  readonly records: number;
  /** Or `valueBytes` of it, all the same. */
  readonly value?: ValueOf;
  readonly valueBytes?: number;
  /** Default: Kafka's `batch.size`. */
  readonly batchBytes?: number;
  readonly report: (line: string) => void;
}

const defaultBatchBytes = 16_384; // Kafka's `batch.size`
const keptBytesMax = 8 * 1024 * 1024; // of one partition
const overheadBytes = 40; // of a record with key and header, about

/** @returns the topic's name */
export async function fillTopic(filling: Filling): Promise<string> {
  const { brokers, partitions, hot = false, records, report, batchBytes = defaultBatchBytes } = filling;
  const padding = Buffer.alloc(filling.valueBytes ?? 0, 'x');
  const value = filling.value ?? (() => padding);
  const topic = filling.topic ?? `bench-${padding.length}-${Date.now()}`;
  const kafka = new TestKafka(addressesOf(brokers));
  try {
    await kafka.createTopics({ [topic]: { partitions } });
    const perBatch = Math.max(1, Math.floor(batchBytes / (value(0).length + overheadBytes)));
    const startedAt = performance.now();
    await Promise.all(
      Array.from({ length: partitions }, async (_, partition) => {
        const even = Math.floor((records + partitions - 1 - partition) / partitions);
        const share = !hot ? even : partition === 0 ? records : 0;
        for (const batch of batches({ share, perBatch, value, keyOf: (i) => `key-${i * partitions + partition}` }))
          await sendBatch(kafka, topic, partition, batch);
      }),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    report(`wrote ${records.toLocaleString('en')} records of ${value(0).length} bytes in ${seconds.toFixed(1)} s`);
    return topic;
  } finally {
    await kafka.close();
  }
}

interface Content {
  /** Records of the partition. */
  readonly share: number;
  readonly perBatch: number;
  readonly value: ValueOf;
  /** @param i from 0, below `keysPerPartition` */
  readonly keyOf: (i: number) => string;
}

/** The batches of one partition: round after round through its keys, and the last one as long as is needed. */
export function* batches({ share, perBatch, value, keyOf }: Content): Generator<Buffer> {
  const timestamp = Date.now();
  const headers = [['event_type', Buffer.from('Measured')]] as const;
  const record = (i: number) => ({ key: Buffer.from(keyOf(i)), value: value(i), headers, timestamp });
  const built = new Map<string, Buffer>();
  for (let written = 0; written < share; ) {
    const first = written % keysPerPartition;
    const count = Math.min(perBatch, keysPerPartition - first, share - written);
    const name = `${first}+${count}`;
    let batch = built.get(name);
    if (batch === undefined) {
      batch = writeBatch({ records: Array.from({ length: count }, (_, i) => record(first + i)) });
      // A round of large records would be too much to keep.
      if (batch.length * (keysPerPartition / count) <= keptBytesMax) built.set(name, batch);
    }
    yield batch;
    written += count;
  }
}

/** @returns when the leader has it @throws Error when Kafka refuses it */
export async function sendBatch(kafka: TestKafka, topic: string, partition: number, records: Buffer): Promise<void> {
  for (;;) {
    const leader = kafka.cluster.leaderOf({ topic, partition });
    if (leader === null) {
      await kafka.cluster.refresh([topic]);
      continue;
    }
    const topics = [{ name: topic, topicId: zeroUuid, partitions: [{ partition, records }] }];
    const request = { transactionalId: null, acks: 1, timeoutMs: 30_000, topics };
    const answer = await kafka.client.send(leader.node, `produce:${partition}`, produce, request, { maxVersion: 12 });
    const errorCode = answer.topics[0]!.partitions[0]!.errorCode;
    // A topic that was made a moment ago may not have its leader yet.
    if (isRetryableKafkaError(errorCode)) {
      await kafka.cluster.refresh([topic]);
      continue;
    }
    if (errorCode !== 0) throw new Error(`producing to ${topic}/${partition}: ${kafkaErrorName(errorCode)}`);
    return;
  }
}
