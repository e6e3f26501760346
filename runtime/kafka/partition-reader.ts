/**
 * Reads partitions to look at them: joins no group, commits nothing, keeps nothing between two reads.
 *
 *   begin ── batch ── gap ── batch ── marker ── aborted ── batch ── end ┄┄ open transaction ┄┄
 *
 * `end` is the last stable offset, so what a transaction has taken back or has not decided on is not seen. Compaction
 * and retention leave gaps, also while somebody reads: a read goes on behind them. Leaders may move: then it asks anew.
 */
import { backoffMs } from '../core/backoff.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import { zeroUuid } from '../protocol/codec.ts';
import { isRetryableKafkaError, kafkaErrorName, kafkaErrors } from '../protocol/error-codes.ts';
import { fetch } from '../protocol/fetch.ts';
import { listOffsets, offsetPlaces } from '../protocol/list-offsets.ts';
import { ProtocolError } from '../protocol/reader.ts';
import { AbortedTransactions } from '../protocol/records/aborted-transactions.ts';
import { type BatchHeader, readBatchHeader } from '../protocol/records/batch-header.ts';
import type { Cluster, Leader } from './cluster.ts';
import type { KafkaClient } from './port.ts';
import { type StoredRecord, storedRecords } from './stored-records.ts';

export interface PartitionReaderOptions {
  readonly client: KafkaClient;
  readonly cluster: Pick<Cluster, 'leaderOf' | 'partitionsOf' | 'refresh' | 'topic'>;
  readonly clock: Clock;
  readonly random: Random;
  /** Connections of its own are opened under this name; whoever made the reader releases them. */
  readonly purpose: string;
  /** `kafka.requestTimeout`: how long a partition may be without a leader that answers. */
  readonly requestTimeoutMs: number;
}

/** Offsets from `begin` up to, not including, `end`. There may be fewer records than offsets. */
export interface Extent {
  readonly begin: number;
  readonly end: number;
}

/** A batch that is neither a marker nor taken back. Its first records may lie before the place that was asked for. */
export interface FoundBatch {
  readonly header: BatchHeader;
  /** Decoded as they are asked for. @throws KafkaError `RT_RECORD_CORRUPT` */
  records(): Iterable<StoredRecord>;
}

export interface ReadOptions {
  /** Of one answer; a single batch may be larger. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

const readCommitted = 1;
/** For a broker that is about to have more; what is asked for is there, so it answers at once. */
const brokerWaitMs = 200;
/** A topic that has got partitions since is known by then. */
const knownForMs = 10_000;
const backoff = { baseDelayMs: 50, maxDelayMs: 1000, jitter: 0.2 };
/** The last version that names topics, for brokers that tell no ids. */
const namedVersionMax = 12;

export class PartitionReader {
  readonly #options: PartitionReaderOptions;

  constructor(options: PartitionReaderOptions) {
    this.#options = options;
  }

  /** As they were within the last seconds. @throws KafkaError `RT_KAFKA_REFUSED` when there is no such topic */
  async partitionsOf(topic: string): Promise<readonly TopicPartition[]> {
    const { cluster } = this.#options;
    await cluster.partitionsOf([topic], knownForMs);
    // Refreshes are spaced, so that whoever looks again and again would be slowed down by asking each time.
    if (cluster.topic(topic).errorCode !== 0) await cluster.refresh([topic]);
    const { partitionCount, errorCode } = cluster.topic(topic);
    if (errorCode !== 0) throw refused(`topic ${topic}`, errorCode);
    return Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition }));
  }

  /** @throws KafkaError */
  async extent(partition: TopicPartition, signal?: AbortSignal): Promise<Extent> {
    const begin = await this.offsetAt(partition, offsetPlaces.earliest, signal);
    const end = await this.offsetAt(partition, offsetPlaces.latest, signal);
    return { begin, end: Math.max(begin, end) };
  }

  /**
   * @param timestamp milliseconds since 1970, or one of `offsetPlaces`
   * @returns the first offset whose record is as young; -1 for none @throws KafkaError
   */
  async offsetAt(of: TopicPartition, timestamp: number, signal?: AbortSignal): Promise<number> {
    const { client, purpose } = this.#options;
    const answer = await this.#ask(of, signal, async ({ node, leaderEpoch }) => {
      const response = await client.send(node, purpose, listOffsets, {
        replicaId: -1,
        isolationLevel: readCommitted,
        topics: [
          {
            name: of.topic,
            partitions: [{ partition: of.partition, currentLeaderEpoch: leaderEpoch, timestamp }],
          },
        ],
        timeoutMs: 0,
      });
      return response.topics[0]?.partitions[0];
    });
    return answer.offset;
  }

  /**
   * The batches with records from `from` up to, not including, `to`. One answer is in memory at a time.
   * @throws KafkaError; the reason of `signal`
   */
  async *batches(partition: TopicPartition, { begin, end }: Extent, options: ReadOptions): AsyncGenerator<FoundBatch> {
    for (let position = begin; position < end; ) {
      const answer = await this.#fetch(partition, position, options);
      if (answer === 'out of range') {
        // What was there has been deleted meanwhile, or was never there: an end that lies behind has come to nothing.
        const left = await this.extent(partition, options.signal);
        if (left.begin <= position) return;
        position = left.begin;
        continue;
      }
      const { records, aborted } = answer;
      const next: number = yield* found(partition, records, aborted, { begin: position, end });
      if (next === position && records.length > 0) throw damaged(partition, `no whole batch at offset ${position}`);
      if (next === position) return; // Nothing is left up to the end.
      position = next;
    }
  }

  async #fetch({ topic, partition }: TopicPartition, offset: number, { maxBytes, signal }: ReadOptions) {
    const { client, cluster, purpose } = this.#options;
    const answer = await this.#ask({ topic, partition }, signal, async ({ node, leaderEpoch }) => {
      const { topicId } = cluster.topic(topic);
      const wanted = { partition, currentLeaderEpoch: leaderEpoch, offset, lastFetchedEpoch: -1, logStartOffset: -1 };
      const request = {
        ...{ replicaId: -1, maxWaitMs: brokerWaitMs, minBytes: 1, maxBytes, isolationLevel: readCommitted },
        ...{ sessionId: 0, sessionEpoch: -1, forgottenTopics: [], rackId: '' },
        topics: [{ name: topic, topicId, partitions: [{ ...wanted, maxBytes }] }],
      };
      const named = topicId === zeroUuid && { maxVersion: namedVersionMax };
      const response = await client.send(node, purpose, fetch, request, { ...named, brokerWaitMs });
      if (response.errorCode !== 0) throw refused(`reading ${topic}/${partition}`, response.errorCode);
      return response.topics[0]?.partitions[0];
    });
    if (answer.errorCode === kafkaErrors.OFFSET_OUT_OF_RANGE) return 'out of range';
    return { records: answer.records ?? Buffer.alloc(0), aborted: answer.abortedTransactions ?? [] };
  }

  /** Asks the leader until it answers, or time is up. An offset that is out of range is an answer. */
  async #ask<T extends { readonly errorCode: number }>(
    partition: TopicPartition,
    signal: AbortSignal | undefined,
    send: (leader: Leader) => Promise<T | undefined>,
  ): Promise<T> {
    const { cluster, clock, random, requestTimeoutMs } = this.#options;
    const startedAt = clock.now();
    for (let failures = 0; ; failures++) {
      signal?.throwIfAborted();
      const leader = cluster.leaderOf(partition);
      const what = `reading ${partitionKey(partition)}`;
      let problem = refused(what, kafkaErrors.LEADER_NOT_AVAILABLE);
      try {
        const answer = leader === null ? undefined : await send(leader);
        if (answer?.errorCode === 0 || answer?.errorCode === kafkaErrors.OFFSET_OUT_OF_RANGE) return answer;
        if (answer !== undefined) problem = refused(what, answer.errorCode);
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        problem = error;
      }
      if (!problem.retryable || clock.now() - startedAt >= requestTimeoutMs) throw problem;
      await sleep(clock, backoffMs(backoff, failures, random), signal);
      await cluster.refresh([partition.topic]).catch(() => {}); // the next request tells whether it matters
    }
  }
}

/** @returns where to read on; `begin` when there was no whole batch */
function* found(
  partition: TopicPartition,
  bytes: Buffer,
  abortedTransactions: ConstructorParameters<typeof AbortedTransactions>[0],
  { begin, end }: Extent,
): Generator<FoundBatch, number> {
  const aborted = new AbortedTransactions(abortedTransactions);
  let next = begin;
  try {
    for (let at = 0; ; ) {
      const header = readBatchHeader(bytes, at);
      if (header === null) return next;
      if (header.baseOffset >= end) return end;
      const start = at;
      if (header.lastOffset >= begin) {
        next = header.lastOffset + 1;
        if (aborted.wanted(header, bytes, start)) {
          yield { header, records: () => decoded(partition, bytes, start, header) };
        }
      }
      at += header.length;
    }
  } catch (error) {
    throw error instanceof ProtocolError ? damaged(partition, error.message, error) : error;
  }
}

function* decoded(partition: TopicPartition, bytes: Buffer, at: number, header: BatchHeader): Generator<StoredRecord> {
  try {
    yield* storedRecords(partition, bytes, at, header);
  } catch (error) {
    throw error instanceof ProtocolError ? damaged(partition, error.message, error) : error;
  }
}

function damaged(partition: TopicPartition, message: string, cause?: unknown): KafkaError {
  return new KafkaError('RT_RECORD_CORRUPT', `${partitionKey(partition)}: ${message}`, { retryable: false, cause });
}

function refused(what: string, code: number): KafkaError {
  const name = kafkaErrorName(code);
  const retryable = isRetryableKafkaError(code);
  return new KafkaError('RT_KAFKA_REFUSED', `${what}: ${name}`, { retryable, kafkaError: { code, name } });
}
