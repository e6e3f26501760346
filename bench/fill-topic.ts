/** Makes a topic and fills it with records of one size, in batches as a busy producer sends them. */
import { zeroUuid } from '../runtime/protocol/codec.ts';
import { isRetryableKafkaError, kafkaErrorName } from '../runtime/protocol/error-codes.ts';
import { produce } from '../runtime/protocol/produce.ts';
import { writeBatch } from '../runtime/protocol/records/batch-writer.ts';
import { TestKafka } from '../runtime/testing/test-kafka.ts';

export interface Filling {
  /** `host:port`, comma-separated. */
  readonly brokers: string;
  readonly partitions: number;
  readonly records: number;
  readonly valueBytes: number;
  /** Default: Kafka's `batch.size`. */
  readonly batchBytes?: number;
  readonly report: (line: string) => void;
}

const defaultBatchBytes = 16_384; // Kafka's `batch.size`
const keys = 10_000;

/** @returns the topic's name, new for every call */
export async function fillTopic(filling: Filling): Promise<string> {
  const { brokers, partitions, records, valueBytes, report, batchBytes = defaultBatchBytes } = filling;
  const topic = `bench-${valueBytes}-${Date.now()}`;
  const kafka = new TestKafka(
    brokers.split(',').map((address) => {
      const colon = address.lastIndexOf(':');
      return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
    }),
  );
  try {
    await kafka.createTopics({ [topic]: { partitions } });
    const value = Buffer.alloc(valueBytes, 'x');
    const headers = [['event_type', Buffer.from('Measured')]] as const;
    const perBatch = Math.max(1, Math.floor(batchBytes / (valueBytes + 40)));
    const share = (partition: number): number => Math.floor((records + partitions - 1 - partition) / partitions);
    await Promise.all(
      Array.from({ length: partitions }, async (_, partition) => {
        for (let written = 0; written < share(partition); ) {
          const count = Math.min(perBatch, share(partition) - written);
          const timestamp = Date.now();
          const batch = Array.from({ length: count }, (_, i) => {
            const key = Buffer.from(`key-${((written + i) * partitions + partition) % keys}`);
            return { key, value, headers, timestamp };
          });
          await send(kafka, topic, partition, writeBatch({ records: batch }));
          written += count;
        }
      }),
    );
    report(`wrote ${records.toLocaleString('en')} records of ${valueBytes} bytes to ${partitions} partitions`);
    return topic;
  } finally {
    await kafka.close();
  }
}

async function send(kafka: TestKafka, topic: string, partition: number, records: Buffer): Promise<void> {
  for (;;) {
    const leader = kafka.cluster.leaderOf({ topic, partition });
    if (leader === null) {
      await kafka.cluster.refresh([topic]);
      continue;
    }
    const answer = await kafka.client.send(
      leader.node,
      `produce:${partition}`,
      produce,
      {
        transactionalId: null,
        acks: 1,
        timeoutMs: 30_000,
        topics: [{ name: topic, topicId: zeroUuid, partitions: [{ partition, records }] }],
      },
      { maxVersion: 12 },
    );
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
