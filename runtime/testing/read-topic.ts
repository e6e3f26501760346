/**
 * Reads a topic as it lies in Kafka: every record of every partition, key, value and headers as bytes. For looking at
 * dead letters and at what handlers published; it joins no group and commits nothing.
 */
import { KafkaError } from '../core/errors.ts';
import type { RawRecord } from '../core/thread-messages.ts';
import type { Cluster, Leader } from '../kafka/cluster.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { zeroUuid } from '../protocol/codec.ts';
import { fetch } from '../protocol/fetch.ts';
import { listOffsets, offsetPlaces } from '../protocol/list-offsets.ts';
import { readBatchHeader } from '../protocol/records/batch-header.ts';
import { decodeBatch } from '../protocol/records/record-batch.ts';

export interface StoredRecord extends RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

const bytesMax = 16 * 1024 * 1024;

/** @returns by partition, then by offset; empty when the topic does not exist @throws KafkaError */
export async function readTopic(
  client: KafkaClient,
  cluster: Cluster,
  topic: string,
): Promise<readonly StoredRecord[]> {
  await cluster.refresh([topic]);
  const records: StoredRecord[] = [];
  for (let partition = 0; partition < cluster.topic(topic).partitionCount; partition++) {
    const leader = cluster.leaderOf({ topic, partition });
    if (leader !== null) records.push(...(await readPartition(client, leader, topic, partition)));
  }
  return records;
}

async function readPartition(
  client: KafkaClient,
  { node }: Leader,
  topic: string,
  partition: number,
): Promise<readonly StoredRecord[]> {
  const records: StoredRecord[] = [];
  const end = await offsetAt(offsetPlaces.latest);
  for (let offset = await offsetAt(offsetPlaces.earliest); offset < end; ) {
    // Version 12 is the last one that asks for a topic by name.
    const response = await client.send(node, 'metadata', fetch, fetchFrom(topic, partition, offset), {
      maxVersion: 12,
    });
    const answer = response.topics[0]?.partitions[0];
    if (answer === undefined || answer.errorCode !== 0)
      throw refused(`reading ${topic}/${partition}`, answer?.errorCode);
    const batch = answer.records === null ? [] : decode(topic, partition, answer.records);
    const next = batch.at(-1)?.next;
    if (next === undefined) break;
    records.push(...batch.filter((record) => record.offset >= offset).map(({ next: _, ...record }) => record));
    offset = next;
  }
  return records;

  async function offsetAt(timestamp: number): Promise<number> {
    const response = await client.send(node, 'metadata', listOffsets, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: topic, partitions: [{ partition, currentLeaderEpoch: -1, timestamp }] }],
      timeoutMs: 0,
    });
    const answer = response.topics[0]?.partitions[0];
    if (answer === undefined || answer.errorCode !== 0)
      throw refused(`offsets of ${topic}/${partition}`, answer?.errorCode);
    return answer.offset;
  }
}

function fetchFrom(name: string, partition: number, offset: number) {
  return {
    replicaId: -1,
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: bytesMax,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        name,
        topicId: zeroUuid,
        partitions: [
          { partition, currentLeaderEpoch: -1, offset, lastFetchedEpoch: -1, logStartOffset: -1, maxBytes: bytesMax },
        ],
      },
    ],
    forgottenTopics: [],
    rackId: '',
  };
}

function decode(topic: string, partition: number, bytes: Buffer): (StoredRecord & { readonly next: number })[] {
  const records: (StoredRecord & { readonly next: number })[] = [];
  for (let at = 0; ; ) {
    const header = readBatchHeader(bytes, at);
    if (header === null) return records;
    const batch = decodeBatch(bytes, at, header, bytesMax);
    for (let i = 0; i < batch.count && !header.control; i++) {
      records.push({
        topic,
        partition,
        offset: batch.offsetAt(i),
        timestamp: batch.timestampAt(i),
        key: batch.keyAt(i),
        value: batch.valueAt(i),
        headers: batch.headersAt(i),
        next: header.lastOffset + 1,
      });
    }
    at += header.length;
  }
}

function refused(what: string, code: number | undefined): KafkaError {
  return new KafkaError('RT_KAFKA_REFUSED', `${what}: Kafka answered with error ${code ?? 'none'}`, {
    retryable: false,
  });
}
