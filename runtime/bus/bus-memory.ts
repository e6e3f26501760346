/**
 * Topics in memory, for buses that need no Kafka: what Kafka would hold for them. Records lie in batches of Kafka's own
 * format, so that the engine reads them as it reads Kafka's.
 *
 *   topic ─ partition ─ [batch 0..2][batch 3][batch 4..9]          committed: group ─ partition ─ next offset to read
 *
 * Nothing is deleted: it is for tests, and gone with the object.
 */
import { PublishError } from '../core/errors.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { OutboundRecord, WrittenPlace } from '../core/thread-messages.ts';
import { readBatchHeader } from '../protocol/records/batch-header.ts';
import { writeBatch } from '../protocol/records/batch-writer.ts';
import { decodeBatch } from '../protocol/records/record-batch.ts';
import type { ChoosePartition } from '../publisher/choose-partition.ts';

interface StoredBatch {
  readonly baseOffset: number;
  readonly bytes: Buffer;
}

/** Batches in the order of their offsets, and the offset of the next record. */
interface Log {
  readonly batches: StoredBatch[];
  end: number;
}

/** As it lies there. */
export interface MemoryRecord extends OutboundRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
}

export class BusMemory {
  readonly partitions: number;
  readonly #topics = new Map<string, readonly Log[]>();
  readonly #committed = new Map<string, number>();
  readonly #readers = new Set<() => void>();
  readonly #groups = new Set<string>();
  /** Of the next record without a key. */
  #turn = 0;

  /** @param partitions of every topic */
  constructor(partitions: number) {
    this.partitions = partitions;
  }

  /**
   * Makes the topic when it is not there.
   * @param wallTime milliseconds since 1970, of a record without a time of its own
   * @throws PublishError for a partition that is not there, and what `choose` throws
   */
  append(record: OutboundRecord, choose: ChoosePartition, wallTime: number): WrittenPlace {
    const { topic, timestamp = wallTime } = record;
    const partition = this.#partitionOf(record, choose);
    const log = this.#logsOf(topic)[partition]!;
    const offset = log.end++;
    const bytes = writeBatch({ records: [{ ...record, timestamp }], baseOffset: offset });
    log.batches.push({ baseOffset: offset, bytes });
    for (const wake of this.#readers) wake();
    return { topic, partition, offset };
  }

  /** @returns whole batches from `position` on, at least one and about `maxBytes`; null at the end */
  read(place: TopicPartition, position: number, maxBytes: number): Buffer | null {
    const { batches, end } = this.#logOf(place);
    if (position >= end) return null;
    const first = Math.max(
      0,
      batches.findLastIndex(({ baseOffset }) => baseOffset <= position),
    );
    const wanted: Buffer[] = [];
    for (let i = first, size = 0; i < batches.length && size < maxBytes; i++) {
      wanted.push(batches[i]!.bytes);
      size += batches[i]!.bytes.length;
    }
    return Buffer.concat(wanted);
  }

  /** Of the next record. */
  endOf(place: TopicPartition): number {
    return this.#logOf(place).end;
  }

  /** All of a topic, partition by partition. */
  *records(topic: string): Generator<MemoryRecord> {
    for (const [partition, { batches }] of this.#logsOf(topic).entries()) {
      for (const { bytes } of batches) yield* decoded(topic, partition, bytes);
    }
  }

  /** Null when the group has committed nothing. */
  committed(group: string, place: TopicPartition): number | null {
    return this.#committed.get(`${group} ${partitionKey(place)}`) ?? null;
  }

  commit(group: string, place: TopicPartition, offset: number): void {
    this.#committed.set(`${group} ${partitionKey(place)}`, offset);
  }

  /** One reader per group. @param wake called when there is something new @returns how to leave; null when it is taken */
  join(group: string, wake: () => void): (() => void) | null {
    if (this.#groups.has(group)) return null;
    this.#groups.add(group);
    this.#readers.add(wake);
    return () => {
      if (this.#readers.delete(wake)) this.#groups.delete(group);
    };
  }

  #partitionOf(record: OutboundRecord, choose: ChoosePartition): number {
    const { topic, partition = choose(record, this.partitions) } = record;
    if (typeof partition === 'string') return this.#turn++ % this.partitions;
    if (partition < this.partitions) return partition;
    const message = `${topic} has partitions 0 to ${this.partitions - 1}, and the record is for ${partition}`;
    throw new PublishError('RT_PUBLISH_INVALID', message, { retryable: false });
  }

  #logOf({ topic, partition }: TopicPartition): Log {
    return this.#logsOf(topic)[partition]!;
  }

  #logsOf(topic: string): readonly Log[] {
    let logs = this.#topics.get(topic);
    if (logs === undefined) {
      logs = Array.from({ length: this.partitions }, () => ({ batches: [], end: 0 }));
      this.#topics.set(topic, logs);
    }
    return logs;
  }
}

function* decoded(topic: string, partition: number, bytes: Buffer): Generator<MemoryRecord> {
  const header = readBatchHeader(bytes, 0)!;
  const batch = decodeBatch(bytes, 0, header, bytes.length);
  for (let i = 0; i < batch.count; i++) {
    yield {
      ...{ topic, partition, offset: batch.offsetAt(i), timestamp: batch.timestampAt(i) },
      ...{ key: batch.keyAt(i), value: batch.valueAt(i), headers: batch.headersAt(i) },
    };
  }
}
