/** Fetches all of a topic as bytes, all partitions at once, and looks at the headers of batches only. */
import { zeroUuid } from '../runtime/protocol/codec.ts';
import { kafkaErrorName } from '../runtime/protocol/error-codes.ts';
import { fetch } from '../runtime/protocol/fetch.ts';
import { readBatchHeader } from '../runtime/protocol/records/batch-header.ts';
import type { TestKafka } from '../runtime/testing/test-kafka.ts';
import { partitions } from './workload.ts';

const fetchBytes = 1024 * 1024; // of one partition, Kafka's `max.partition.fetch.bytes`

/** The leaders of the topic are known. @returns the number of its records */
export async function readBytes(kafka: TestKafka, topic: string): Promise<number> {
  const counts = Array.from({ length: partitions }, (_, partition) => readPartition(kafka, topic, partition));
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

async function readPartition(kafka: TestKafka, topic: string, partition: number): Promise<number> {
  const { node } = kafka.cluster.leaderOf({ topic, partition })!;
  for (let offset = 0, end = 1; ; ) {
    if (offset >= end) return offset;
    const place = { currentLeaderEpoch: -1, lastFetchedEpoch: -1, logStartOffset: -1, maxBytes: fetchBytes };
    const request = {
      ...{ replicaId: -1, maxWaitMs: 500, minBytes: 1, maxBytes: fetchBytes, isolationLevel: 0 },
      ...{ sessionId: 0, sessionEpoch: -1, forgottenTopics: [], rackId: '' },
      topics: [{ name: topic, topicId: zeroUuid, partitions: [{ partition, offset, ...place }] }],
    };
    const answer = await kafka.client.send(node, `fetch:${partition}`, fetch, request, { maxVersion: 12 });
    const found = answer.topics[0]!.partitions[0]!;
    if (found.errorCode !== 0) throw new Error(`fetching ${topic}/${partition}: ${kafkaErrorName(found.errorCode)}`);
    end = found.highWatermark;
    offset = afterLastBatch(found.records ?? Buffer.alloc(0), offset);
    kafka.client.recycle(node, `fetch:${partition}`);
  }
}

/** A fetch answer may end with a batch that is cut off. */
function afterLastBatch(records: Buffer, offset: number): number {
  let next = offset;
  let at = 0;
  for (let header = readBatchHeader(records, at); header !== null; header = readBatchHeader(records, at)) {
    next = header.lastOffset + 1;
    at += header.length;
  }
  return next;
}
