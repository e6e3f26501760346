/**
 * Records of one partition on their way to its leader.
 *
 *   waiting  ▢ ▢ ▢ ▢ ▢ ▢      batch  ▣ ▣ ▣   sequence 40, 41, 42
 *   in the order of sending    cut from the front of what waits, once; sent again with the same bytes and sequence
 *
 * There is one batch at most, and nothing behind it is sent before it is written or given up: so order survives
 * retries. The sequence moves on only when a batch is written. When it is unknown whether a batch was written, the
 * sequence cannot go on: the queue takes a new producer id and begins at 0.
 */
import type { Compression } from '../../core/settings.ts';
import { type RecordToWrite, writeBatch } from '../../protocol/records/batch-writer.ts';
import type { ProducerId } from './producer-id.ts';

/** One record and whoever waits for it. */
export interface Pending {
  readonly record: RecordToWrite;
  /** Bytes that it takes in a batch, roughly. */
  readonly size: number;
  /** Clock times. */
  readonly addedAt: number;
  readonly deadline: number;
  written(partition: number, offset: number): void;
  failed(error: unknown): void;
}

interface Batch {
  readonly records: readonly Pending[];
  readonly size: number;
  /** Null until it is encoded, and again when it has to be encoded anew. */
  bytes: Buffer | null;
  /** How often it went out. */
  sends: number;
}

/** Kafka's `max.request.size` and a topic's `max.message.bytes` are 1 MiB by default. */
const batchBytesMax = 1_000_000;
const recordOverhead = 24; // lengths, timestamp and offset deltas, attributes
const headerOverhead = 8;

export function sizeOf(record: RecordToWrite): number {
  let size = recordOverhead + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of record.headers) size += headerOverhead + name.length + (value?.length ?? 0);
  return size;
}

export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  /** Clock time before which it is not sent, after a failure. */
  notBefore = 0;
  /** Failures of the current batch. */
  failures = 0;
  #inFlight: boolean = false;
  #waiting: Pending[] = [];
  #batch: Batch | null = null;
  #batchBytesMax = batchBytesMax;
  #producer: ProducerId | null = null;
  #former: ProducerId | null = null;
  #sequence = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  add(pending: Pending): void {
    this.#waiting.push(pending);
  }

  /** Its batch is in a request that is not answered yet. */
  get inFlight(): boolean {
    return this.#inFlight;
  }

  get empty(): boolean {
    return this.#batch === null && this.#waiting.length === 0;
  }

  /** Records of the current batch. */
  get batchRecords(): readonly Pending[] {
    return this.#batch?.records ?? [];
  }

  get producer(): ProducerId | null {
    return this.#producer;
  }

  /** The id that it had before it was renewed, which it must not be given again: its sequences are used. */
  get former(): ProducerId | null {
    return this.#former;
  }

  /** The bytes to send now. @param producer null for one that is not idempotent */
  encode(codec: Compression, producer: ProducerId | null): Buffer {
    const batch = this.#batch ?? this.#cut();
    this.#batch = batch;
    if (this.#producer === null && producer !== null) {
      this.#producer = producer;
      this.#sequence = 0;
    }
    batch.bytes ??= writeBatch({
      records: batch.records.map((pending) => pending.record),
      codec,
      ...(this.#producer !== null && {
        producerId: this.#producer.id,
        producerEpoch: this.#producer.epoch,
        baseSequence: this.#sequence,
      }),
    });
    return batch.bytes;
  }

  /** The batch goes out: from here on it may have been written, whatever comes back. */
  sending(): void {
    this.#inFlight = true;
    if (this.#batch !== null) this.#batch.sends++;
  }

  /** The request came back, with an answer or without; what that means for the batch follows. */
  returned(): void {
    this.#inFlight = false;
  }

  /** @param baseOffset offset of the batch's first record; -1 where the broker did not tell */
  written(baseOffset: number): void {
    const records = this.#takeBatch();
    this.#sequence = (this.#sequence + records.length) & 0x7fffffff; // after 2^31-1 comes 0
    records.forEach((pending, i) => {
      pending.written(this.partition, baseOffset < 0 ? -1 : baseOffset + i);
    });
  }

  /** The broker wrote nothing of it this time and never will; what became of an earlier time, nobody knows. */
  refused(error: unknown): void {
    const unknown = (this.#batch?.sends ?? 0) > 1;
    for (const pending of this.#takeBatch()) pending.failed(error);
    // The next batch must not take a sequence that may be used: it would pass for a duplicate, and be lost.
    if (unknown) this.renew();
  }

  /** The batch is too large: its second half waits again, and later batches are cut smaller too. */
  split(): void {
    const batch = this.#batch;
    if (batch === null || batch.records.length < 2) return;
    const middle = batch.records.length >>> 1;
    this.#batchBytesMax = Math.max(1, batch.size >>> 1);
    this.#waiting = [...batch.records.slice(middle), ...this.#waiting];
    this.#batch = newBatch(batch.records.slice(0, middle));
  }

  /** Numbers the batch anew, under another producer id. */
  renew(): void {
    this.#former = this.#producer ?? this.#former;
    this.#producer = null;
    if (this.#batch !== null) this.#batch.bytes = null;
  }

  /** Gives up what has waited beyond its deadline. */
  expire(now: number, error: (pending: Pending) => unknown): void {
    if (this.#inFlight) return;
    if (this.#batch?.records.some((pending) => pending.deadline <= now)) {
      const unknown = this.#batch.sends > 0;
      for (const pending of this.#takeBatch()) pending.failed(error(pending));
      if (unknown) this.renew();
    }
    if (this.#waiting.some((pending) => pending.deadline <= now)) {
      const late = this.#waiting.filter((pending) => pending.deadline <= now);
      this.#waiting = this.#waiting.filter((pending) => pending.deadline > now);
      for (const pending of late) pending.failed(error(pending));
    }
  }

  /** Rejects all that is left. */
  abandon(error: unknown): void {
    for (const pending of [...this.#takeBatch(), ...this.#waiting.splice(0)]) pending.failed(error);
  }

  #cut(): Batch {
    let size = 0;
    let count = 0;
    for (const pending of this.#waiting) {
      if (count > 0 && size + pending.size > this.#batchBytesMax) break;
      size += pending.size;
      count++;
    }
    return newBatch(this.#waiting.splice(0, count));
  }

  #takeBatch(): readonly Pending[] {
    const records = this.batchRecords;
    this.#batch = null;
    this.failures = 0;
    this.notBefore = 0;
    return records;
  }
}

function newBatch(records: readonly Pending[]): Batch {
  return { records, size: records.reduce((sum, pending) => sum + pending.size, 0), bytes: null, sends: 0 };
}
