/** A Produce request of several partitions' batches, and where each finds its part of the answer. */
import { KafkaError } from '../core/errors.ts';
import type { ProducerSettings } from '../core/settings.ts';
import type { ResponseOf } from '../protocol/api.ts';
import { zeroUuid } from '../protocol/codec.ts';
import type { produce } from '../protocol/produce.ts';
import type { Batch, PartitionQueue } from './partition-queue.ts';

/** One partition's part of a request. */
export interface Sent {
  readonly queue: PartitionQueue;
  readonly batch: Batch;
  readonly bytes: Buffer;
}

export type ProduceAnswer = ResponseOf<typeof produce>;
export type PartitionAnswer = ProduceAnswer['topics'][number]['partitions'][number];

/** @param timeoutMs how long the leader may wait for its replicas */
export function produceRequest(sent: readonly Sent[], { acks }: Pick<ProducerSettings, 'acks'>, timeoutMs: number) {
  const topics = Map.groupBy(sent, ({ queue }) => queue.topic);
  return {
    transactionalId: null,
    acks,
    timeoutMs,
    topics: [...topics].map(([name, batches]) => ({
      name,
      topicId: zeroUuid,
      partitions: batches.map(({ queue, bytes }) => ({ partition: queue.partition, records: bytes })),
    })),
  };
}

export function answerTo({ queue }: Sent, answer: ProduceAnswer): PartitionAnswer | undefined {
  return answer.topics
    .find((topic) => topic.name === queue.topic)
    ?.partitions.find(({ partition }) => partition === queue.partition);
}

/** For people. */
export function nameOf({ queue, batch }: Sent): string {
  const { length } = batch.records;
  return `a batch of ${length} ${length === 1 ? 'record' : 'records'} for ${queue.topic}/${queue.partition}`;
}

/** The broker answered, and said nothing about it. */
export function notMentioned(sent: Sent): KafkaError {
  const message = `${nameOf(sent)}: the broker's answer does not mention it`;
  return new KafkaError('RT_KAFKA_PROTOCOL', message, { retryable: true });
}
