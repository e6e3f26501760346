/**
 * Dead letter topics, for whoever looks after them: how many letters there are, which, and sending one back. Reads
 * without joining a group. A letter stays where it is when it is sent back, since Kafka deletes by age only: what tells
 * is `replayCount`, and the record's id.
 *
 * Not responsible for writing letters (`outcome/`), nor for which topics a group has (`letter-topic.ts`).
 */
import type { Clock } from '../core/clock.ts';
import { DeadLetterError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { TopicPartition } from '../core/record-set.ts';
import type { OutboundRecord, WrittenPlace } from '../core/thread-messages.ts';
import type { Cluster } from '../kafka/cluster.ts';
import { PartitionReader } from '../kafka/partition-reader.ts';
import type { KafkaClient } from '../kafka/port.ts';
import type { StoredRecord } from '../kafka/stored-records.ts';
import { type CountOptions, countRecords, type LetterCount } from './count.ts';
import { type DeadLetter, deadLetterOf } from './dead-letter.ts';
import { newestFirst, oldestFirst } from './in-order.ts';
import { destinationOf, type LetterTopic } from './letter-topic.ts';
import { merge } from './merge.ts';
import { replayedRecord } from './replayed-record.ts';

export interface DeadLettersOptions {
  readonly client: KafkaClient;
  readonly cluster: Cluster;
  /** Resolves when all in-sync replicas have the record: acks all, whatever `producer.acks` says. */
  readonly write: (record: OutboundRecord) => Promise<WrittenPlace>;
  readonly clock: Clock;
  readonly random: Random;
  /** `kafka.requestTimeout`. */
  readonly requestTimeoutMs: number;
}

export interface ListOptions {
  /** By the time of the letters; those of one partition always in the order of their offsets. Default `newest`. */
  readonly order?: 'newest' | 'oldest';
  /** Default 100. */
  readonly limit?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface LetterPlace {
  readonly partition: number;
  readonly offset: bigint;
}

export interface ReplayOptions {
  /** Also when it has been sent back as often as `maxReplays` allows. */
  readonly force?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Where the record of a letter was written. */
export interface Replayed {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** What its handlers see as `ctx.replayCount`. */
  readonly replayCount: number;
}

const purpose = 'dead-letters';
const defaultLimit = 100;
/** What a list keeps in memory, over all partitions, beside one unpacked batch of each. */
const listBytes = 16 * 1024 * 1024;
const partitionBytesMin = 64 * 1024;
/** Of one answer while a single partition is read. */
const readBytes = 4 * 1024 * 1024;

export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #reader: PartitionReader;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
    this.#reader = new PartitionReader({ ...options, purpose });
  }

  /**
   * How many letters the topic holds now, by partition.
   * @throws KafkaError, `RT_KAFKA_REFUSED` when there is no such topic; the reason of `signal`
   */
  async count(topic: string, options: CountOptions = {}): Promise<LetterCount> {
    const partitions = await this.#reader.partitionsOf(topic);
    return countRecords(this.#reader, topic, partitions, { ...options, maxBytes: readBytes });
  }

  /**
   * The letters that the topic held when the first one was asked for, without those that are deleted meanwhile.
   * @throws as `count`; KafkaError `RT_RECORD_CORRUPT` for bytes that do not decode
   */
  async *list(topic: string, options: ListOptions = {}): AsyncGenerator<DeadLetter> {
    const { order = 'newest', limit = defaultLimit, signal } = options;
    const partitions = await this.#reader.partitionsOf(topic);
    const maxBytes = Math.max(partitionBytesMin, Math.floor(listBytes / partitions.length));
    const from = order === 'newest' ? newestFirst : oldestFirst;
    const reader = this.#reader;
    const stream = async function* (partition: TopicPartition): AsyncGenerator<StoredRecord> {
      yield* from(reader, partition, await reader.extent(partition, signal), { maxBytes, signal });
    };
    let left = limit;
    if (left <= 0) return;
    for await (const record of merge(partitions.map(stream), order === 'newest' ? newer : older)) {
      yield deadLetterOf(record);
      if (--left <= 0) return;
    }
  }

  /** @throws DeadLetterError `RT_DEAD_LETTER_MISSING`; else as `list` */
  async read(topic: string, { partition, offset }: LetterPlace, signal?: AbortSignal): Promise<DeadLetter> {
    const partitions = await this.#reader.partitionsOf(topic);
    const of = partitions[partition];
    if (of === undefined) throw missing(topic, { partition, offset }, `partitions 0 to ${partitions.length - 1}`);
    const { begin, end } = await this.#reader.extent(of, signal);
    const at = Number(offset);
    if (at >= begin && at < end) {
      for await (const batch of this.#reader.batches(of, { begin: at, end: at + 1 }, { maxBytes: readBytes, signal }))
        for (const record of batch.records()) if (record.offset === at) return deadLetterOf(record);
    }
    throw missing(topic, { partition, offset }, begin === end ? 'nothing' : `offsets ${begin} to ${end - 1}`);
  }

  /**
   * Sends one letter back to the topic it came from, with its key, value and own headers; see `replayed-record.ts`.
   * @returns where it was written, once Kafka has acknowledged it
   * @throws DeadLetterError (`destinationOf`), or what the producer gives up with; then it may have been written
   */
  async replay(from: LetterTopic, place: LetterPlace, options: ReplayOptions = {}): Promise<Replayed> {
    const { force = false, signal } = options;
    const letter = await this.read(from.topic, place, signal);
    const destination = destinationOf(letter, from, force);
    const { topic, partition, offset } = await this.#options.write(replayedRecord(letter, destination));
    return { topic, partition, offset: BigInt(offset), replayCount: letter.replayCount + 1 };
  }

  /** Closes the connections that were opened for reading. */
  close(): Promise<void> {
    return this.#options.client.release(purpose);
  }
}

function newer(a: StoredRecord, b: StoredRecord): boolean {
  return a.timestamp > b.timestamp;
}

function older(a: StoredRecord, b: StoredRecord): boolean {
  return a.timestamp < b.timestamp;
}

function missing(topic: string, { partition, offset }: LetterPlace, held: string): DeadLetterError {
  const message = `no dead letter in ${topic}/${partition} at offset ${offset}: there is ${held}, with gaps where records were deleted`;
  return new DeadLetterError('RT_DEAD_LETTER_MISSING', message, { retryable: false });
}
