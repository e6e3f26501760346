/**
 * Reads one partition from an offset up to another one, as a reader of committed records, without any group. One answer of
 * the broker is in memory at a time, and the next one is asked for when its records were taken.
 */

import { type Clock, sleep } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { Cluster } from '../kafka/cluster.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { zeroUuid } from '../protocol/codec.ts';
import { isRetryableKafkaError, kafkaErrorName, kafkaErrors } from '../protocol/error-codes.ts';
import { fetch } from '../protocol/fetch.ts';
import { ProtocolError } from '../protocol/reader.ts';
import { AbortedTransactions } from '../protocol/records/aborted-transactions.ts';
import { readBatchHeader } from '../protocol/records/batch-header.ts';
import { decodeBatch, type RecordBatch } from '../protocol/records/record-batch.ts';
import { extentsOf } from './extents.ts';

export interface ReadPartitionOptions {
  readonly client: KafkaClient;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly partition: TopicPartition;
  readonly from: number;
  /** Not included. */
  readonly to: number;
  readonly signal?: AbortSignal;
  /** Called with the next offset, after each answer. */
  readonly reached?: (offset: number) => void;
}

/** A place in a batch; its bytes are valid until the next one is asked for. */
export interface FoundPlace {
  readonly batch: RecordBatch;
  readonly index: number;
}

const answerBytesMax = 1024 * 1024; // a batch that is larger comes alone
const unpackedBytesMax = 64 * 1024 * 1024; // as `batch.maxDecompressed`
const readCommitted = 1;
/** The last version that names topics. */
const namedVersionMax = 12;
const failuresMax = 10;
const retryAfterMs = 200;

/** @throws KafkaError when Kafka refuses for good, or the bytes do not decode */
export async function* readPartition(options: ReadPartitionOptions): AsyncGenerator<FoundPlace> {
  const { to, signal, reached } = options;
  for (let position = options.from; position < to && signal?.aborted !== true; ) {
    const { records, abortedTransactions, startsAt } = await fetchFrom(options, position);
    position = Math.max(position, startsAt);
    if (records === null) continue;
    const aborted = new AbortedTransactions(abortedTransactions ?? []);
    let next = position;
    for (let at = 0; ; ) {
      const header = readBatchHeader(records, at);
      if (header === null || header.baseOffset >= to) break;
      if (aborted.wanted(header, records, at)) {
        const batch = decoded(options.partition, next, () => decodeBatch(records, at, header, unpackedBytesMax));
        for (let index = 0; index < batch.count; index++) {
          const offset = batch.offsetAt(index);
          if (offset >= position && offset < to) yield { batch, index };
        }
      }
      next = header.lastOffset + 1;
      at += header.length;
    }
    if (next === position) throw fault(options.partition, `Kafka gave nothing at ${position}, and the end is ${to}`);
    position = next;
    reached?.(Math.min(position, to));
  }
}

interface Answer {
  readonly records: Buffer | null;
  readonly abortedTransactions: readonly { readonly producerId: number; readonly firstOffset: number }[] | null;
  /** Later than what was asked for, where retention has deleted that. */
  readonly startsAt: number;
}

async function fetchFrom(options: ReadPartitionOptions, position: number): Promise<Answer> {
  const { client, cluster, clock, partition, signal } = options;
  for (let failures = 0; ; failures++) {
    const node = cluster.leaderOf(partition)?.node;
    let problem = 'nobody leads it';
    if (node !== undefined) {
      const response = await client.send(node, 'fetch:events', fetch, request(partition, position), {
        maxVersion: namedVersionMax,
      });
      const answer = response.topics[0]?.partitions[0];
      if (answer?.errorCode === 0 && answer.records !== null && answer.records.length > 0) {
        return { records: answer.records, abortedTransactions: answer.abortedTransactions, startsAt: position };
      }
      const code = answer?.errorCode ?? response.errorCode;
      if (code === kafkaErrors.OFFSET_OUT_OF_RANGE) {
        const start = (await extentsOf(client, cluster, [partition])).get(partitionKey(partition))!.start;
        if (start > position) return { records: null, abortedTransactions: null, startsAt: start };
      }
      if (code !== 0 && !isRetryableKafkaError(code)) throw fault(partition, kafkaErrorName(code));
      problem = code === 0 ? 'it gives no records' : kafkaErrorName(code);
    }
    if (failures === failuresMax) throw fault(partition, `${problem}, asked ${failuresMax + 1} times`);
    await sleep(clock, retryAfterMs, signal);
    if (signal?.aborted) return { records: null, abortedTransactions: null, startsAt: position };
    await cluster.refresh();
  }
}

function request({ topic, partition }: TopicPartition, offset: number) {
  const place = { partition, currentLeaderEpoch: -1, offset, lastFetchedEpoch: -1, logStartOffset: -1 };
  return {
    replicaId: -1,
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: answerBytesMax,
    isolationLevel: readCommitted,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ name: topic, topicId: zeroUuid, partitions: [{ ...place, maxBytes: answerBytesMax }] }],
    forgottenTopics: [],
    rackId: '',
  };
}

function decoded(partition: TopicPartition, offset: number, decode: () => RecordBatch): RecordBatch {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw fault(partition, `the records from ${offset} on do not decode: ${error.message}`);
  }
}

function fault(partition: TopicPartition, why: string): KafkaError {
  return new KafkaError('RT_KAFKA_REFUSED', `reading ${partitionKey(partition)}: ${why}`, { retryable: false });
}
