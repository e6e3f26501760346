/**
 * Records of one partition on their way to its leader, as batches, the oldest first.
 *
 *   ▣ 40–42  ▣ 43–45  ▣ 46  │  ▢ ▢ ▢   ▢
 *   sent: sequence 40 … 46     not sent yet; the last one is still being filled
 *
 * What is sent is a prefix of the list, in order, and is sent again with the same bytes and sequence. Once a batch has
 * come back unwritten, it goes first, and only when nothing behind it is on its way: so order survives retries.
 * Without a producer id, which lets the broker refuse a batch that overtakes, one batch is on its way at a time; with
 * one too, until the broker has acknowledged the first of that id: an id that it does not know may begin at any sequence.
 *
 * A sequence that may be used is never used again: after a batch of which nobody knows whether it was written, the next
 * one would pass for its duplicate. It leaves a gap instead, or, when nothing else has a sequence, a new producer id.
 */
import type { Compression } from '../core/settings.ts';
import { writeBatch } from '../protocol/records/batch-writer.ts';
import { after, type Batch, halvesOf, newBatch, type OpenBatch, takeLate } from './open-batch.ts';
import type { ProducerId } from './producer-id.ts';
import type { Pending } from './queued-record.ts';

export interface QueueLimits {
  /** Of one batch; a record that is larger goes alone. */
  readonly batchBytes: number;
  readonly batchRecords: number | null;
  readonly lingerMs: number;
  /** Batches on their way at once, with a producer id. */
  readonly maxInFlight: number;
  /** What was sent stays beyond its deadline, until the broker says whether it was written. */
  readonly untilAnswered?: boolean;
}

export type { Batch };

export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  /** Clock time before which it is not sent, after a failure. */
  notBefore = 0;
  /** Failures since a batch was last written or given up. */
  failures = 0;
  readonly #limits: QueueLimits;
  #batches: OpenBatch[] = [];
  #inFlight = 0;
  #batchBytesMax: number;
  #producer: ProducerId | null = null;
  #former: ProducerId | null = null;
  #nextSequence = 0;
  /** A batch of this producer id was acknowledged. */
  #known: boolean = false;
  /** As soon as nothing is on its way. */
  #renews: boolean = false;

  constructor(topic: string, partition: number, limits: QueueLimits) {
    this.topic = topic;
    this.partition = partition;
    this.#limits = limits;
    this.#batchBytesMax = limits.batchBytes;
  }

  add(pending: Pending): void {
    const last = this.#batches.at(-1);
    if (last === undefined || last.sends > 0 || last.bytes !== null || this.#isFull(last, pending.size)) {
      this.#batches.push(newBatch([pending]));
      return;
    }
    last.records.push(pending);
    last.size += pending.size;
  }

  get empty(): boolean {
    return this.#batches.length === 0;
  }

  /** Clock time of its oldest record; Infinity when it is empty. */
  get oldestAt(): number {
    return this.#batches[0]?.records[0]?.addedAt ?? Number.POSITIVE_INFINITY;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get producer(): ProducerId | null {
    return this.#producer;
  }

  /** The id that it had before it was renewed, which it must not be given again: its sequences are used. */
  get former(): ProducerId | null {
    return this.#former;
  }

  /**
   * Clock time from which it has something to send; Infinity while that depends on something else.
   * @param idle nothing is on its way to the leader: then a batch that is not full need not wait for more
   * @param hurried somebody flushes: no lingering
   */
  readyAt(idle: boolean, hurried: boolean): number {
    const batch = this.#next();
    if (batch === null) return Number.POSITIVE_INFINITY;
    const { lingerMs } = this.#limits;
    const goesNow = hurried || batch.sends > 0 || batch.bytes !== null || this.#isClosed(batch);
    if (goesNow) return this.notBefore;
    if (lingerMs > 0) return Math.max(this.notBefore, batch.records[0]!.addedAt + lingerMs);
    return idle ? this.notBefore : Number.POSITIVE_INFINITY;
  }

  /** The batch to send now, with its bytes. Only when `readyAt` has come. @param producer null: not idempotent */
  encode(codec: Compression, producer: ProducerId | null): { readonly batch: Batch; readonly bytes: Buffer } {
    const batch = this.#next()!;
    if (this.#producer === null && producer !== null) {
      this.#producer = producer;
      this.#nextSequence = 0;
      this.#known = false;
    }
    if (this.#producer !== null && batch.sequence === null) {
      batch.sequence = this.#nextSequence;
      this.#nextSequence = after(this.#nextSequence, batch.records.length);
    }
    batch.bytes ??= writeBatch({
      records: batch.records.map((pending) => pending.record),
      codec,
      ...(this.#producer !== null && {
        producerId: this.#producer.id,
        producerEpoch: this.#producer.epoch,
        baseSequence: batch.sequence!,
      }),
    });
    return { batch, bytes: batch.bytes };
  }

  /** The batch goes out: from here on it may have been written, whatever comes back. */
  sending(batch: Batch): void {
    const open = batch as OpenBatch;
    open.inFlight = true;
    open.sends++;
    this.#inFlight++;
  }

  /** Its request came back, with an answer or without; what that means for the batch follows. */
  returned(batch: Batch): void {
    (batch as OpenBatch).inFlight = false;
    this.#inFlight--;
    if (this.#renews) this.renew();
  }

  /** Nothing before it is unsettled. */
  isFirst(batch: Batch): boolean {
    return this.#batches[0] === batch;
  }

  /** @returns how often it has come back with an error that counts, this time included */
  countRetry(batch: Batch): number {
    return ++(batch as OpenBatch).retries;
  }

  /** @param baseOffset offset of the batch's first record; -1 where the broker did not tell */
  written(batch: Batch, baseOffset: number): void {
    if (!this.#remove(batch)) return;
    this.#known = true;
    batch.records.forEach((pending, i) => {
      pending.written(this.partition, baseOffset < 0 ? -1 : baseOffset + i);
    });
  }

  /** Whether the broker has written it, the answer does not say; or there was none. */
  doubt(batch: Batch): void {
    (batch as OpenBatch).unsure = true;
  }

  /** The broker wrote nothing of it this time and never will; what became of an earlier time, nobody may know. */
  refused(batch: Batch, error: unknown): void {
    if (!this.#remove(batch)) return;
    this.#leaveSequence(batch as OpenBatch, (batch as OpenBatch).unsure);
    for (const pending of batch.records) pending.failed(error);
  }

  /** In two halves, which keep its place and its sequences. @param smaller later batches are cut smaller too */
  split(batch: Batch, smaller: boolean): void {
    const at = this.#batches.indexOf(batch as OpenBatch);
    if (at < 0 || batch.records.length < 2) return;
    if (smaller) this.#batchBytesMax = Math.max(1, Math.min(this.#batchBytesMax, batch.size >>> 1));
    this.#batches.splice(at, 1, ...halvesOf(batch as OpenBatch));
  }

  /** Numbers all that is left anew, under another producer id, as soon as nothing is on its way. */
  renew(): void {
    this.#renews = this.#inFlight > 0;
    if (this.#renews) return;
    this.#former = this.#producer ?? this.#former;
    this.#producer = null;
    for (const batch of this.#batches) {
      batch.sequence = null;
      batch.bytes = null;
    }
  }

  /** Gives up what has waited beyond its deadline; a batch that was sent as a whole, since its bytes stay the same. */
  expire(now: number, error: (pending: Pending) => unknown): void {
    for (const batch of [...this.#batches]) {
      if (batch.inFlight || !batch.records.some((pending) => pending.deadline <= now)) continue;
      if (batch.sequence !== null || batch.sends > 0) {
        if (this.#limits.untilAnswered === true) continue;
        this.#remove(batch);
        this.#leaveSequence(batch, batch.sends > 0);
        for (const pending of batch.records) pending.failed(error(pending));
      } else {
        this.#expireUnsent(batch, now, error);
      }
    }
  }

  /** Rejects all that is left. */
  abandon(error: unknown): void {
    const batches = this.#batches;
    this.#batches = [];
    for (const batch of batches) for (const pending of batch.records) pending.failed(error);
  }

  /** The first batch that is not on its way, unless something behind it is, or enough of them are. */
  #next(): OpenBatch | null {
    const window = this.#producer !== null && this.#known ? this.#limits.maxInFlight : 1;
    const batch = this.#inFlight < window && !this.#renews ? this.#batches[this.#firstAtHome()] : undefined;
    return batch ?? null;
  }

  /** Index of the first batch not on its way; beyond the end when something behind it is. */
  #firstAtHome(): number {
    const at = this.#batches.findIndex((batch) => !batch.inFlight);
    return at === this.#inFlight ? at : this.#batches.length;
  }

  #isFull(batch: OpenBatch, more: number): boolean {
    const { batchRecords } = this.#limits;
    return batch.size + more > this.#batchBytesMax || batch.records.length === batchRecords;
  }

  /** It takes no more records, or almost none. */
  #isClosed(batch: OpenBatch): boolean {
    return this.#batches.at(-1) !== batch || this.#isFull(batch, 1);
  }

  #remove(batch: Batch): boolean {
    const at = this.#batches.indexOf(batch as OpenBatch);
    if (at < 0) return false;
    this.#batches.splice(at, 1);
    this.failures = 0;
    this.notBefore = 0;
    return true;
  }

  /** What follows a batch that was given up must not take a sequence that may be used. */
  #leaveSequence(batch: OpenBatch, maybeWritten: boolean): void {
    // Where others have a sequence a gap remains, which the broker refuses if the batch was not written: then `renew`.
    if (batch.sequence === null || this.#batches.some(({ sequence }) => sequence !== null)) return;
    if (maybeWritten) this.renew();
    else this.#nextSequence = batch.sequence;
  }

  #expireUnsent(batch: OpenBatch, now: number, error: (pending: Pending) => unknown): void {
    const late = takeLate(batch, now);
    if (batch.records.length === 0) this.#batches.splice(this.#batches.indexOf(batch), 1);
    for (const pending of late) pending.failed(error(pending));
  }
}
