/**
 * One partition: its log, what producers wrote to it, the transactions in it, and who waits for more.
 *
 *   logStart ≤ lastStableOffset ≤ highWatermark        readers of committed records stop at the last stable offset
 *
 * Every change of the log goes through `produce`, `mark` or `deleteBefore`.
 */
import type { Clock } from '../../core/clock.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { attributeBits, type BatchHeader, batchLayout } from '../../protocol/records/batch-header.ts';
import { writeBatch } from '../../protocol/records/batch-writer.ts';
import { crc32c } from '../../protocol/records/crc32c.ts';
import { controlType, decodeBatch } from '../../protocol/records/record-batch.ts';
import { type AppendRules, checkBatch } from './batch-check.ts';
import { type LogStore, PartitionLog } from './partition-log.ts';
import { ProducerSequences } from './producer-sequences.ts';
import { TransactionIndex } from './transaction-index.ts';

export type Produced =
  | { readonly kind: 'appended'; readonly baseOffset: number; readonly logAppendTimeMs: number }
  | { readonly kind: 'refused'; readonly errorCode: number; readonly message: string };

/** Leader epoch of every partition: there is one node, so leadership never changes. */
export const leaderEpoch = 0;

/** Format of a control record: key = version, type (0 abort, 1 commit); value = version, coordinator epoch. */
const markerKeys = { abort: Buffer.from([0, 0, 0, 0]), commit: Buffer.from([0, 0, 0, 1]) };
const markerValue = Buffer.alloc(6);

export class Partition {
  readonly log: PartitionLog;
  readonly transactions = new TransactionIndex();
  readonly #sequences = new ProducerSequences();
  readonly #waiting = new Set<() => void>();
  readonly #clock: Clock;

  constructor(clock: Clock, store: LogStore | null) {
    this.#clock = clock;
    this.log = new PartitionLog(store);
  }

  get highWatermark(): number {
    return this.log.nextOffset;
  }

  get lastStableOffset(): number {
    return this.transactions.lastStableOffset(this.log.nextOffset);
  }

  /** @param records what a Produce request carries for this partition: one batch */
  produce(records: Buffer, rules: AppendRules): Produced {
    const check = checkBatch(records, rules, this.#clock.wallTime());
    if (check.kind === 'refused') return check;
    const sequence = this.#sequences.check(check.header);
    if (sequence.kind === 'refused') return sequence;
    if (sequence.kind === 'repeat') return { kind: 'appended', baseOffset: sequence.baseOffset, logAppendTimeMs: -1 };
    const logAppendTimeMs = rules.timestampType === 'logAppend' ? this.#clock.wallTime() : -1;
    const batch = logAppendTimeMs < 0 ? records : stamped(records, logAppendTimeMs);
    try {
      const header = this.log.append(batch, leaderEpoch);
      this.#note(header, null);
      this.#wake();
      return { kind: 'appended', baseOffset: header.baseOffset, logAppendTimeMs };
    } catch (error) {
      // The disk is full or gone: the client is told so and tries again, the broker goes on serving what it has.
      return { kind: 'refused', errorCode: kafkaErrors.KAFKA_STORAGE_ERROR, message: (error as Error).message };
    }
  }

  /**
   * Writes the marker that ends a transaction of this producer here.
   * @throws what the store throws
   */
  mark(producerId: number, producerEpoch: number, type: 'abort' | 'commit'): void {
    const marker = { key: markerKeys[type], value: markerValue, headers: [], timestamp: this.#clock.wallTime() };
    const batch = writeBatch({ records: [marker], producerId, producerEpoch, transactional: true, control: true });
    this.#note(this.log.append(batch, leaderEpoch), type);
    this.#wake();
  }

  /** Takes over a batch from the store; sequences and transactions are known again afterwards. */
  restore(batch: Buffer): void {
    const header = this.log.restore(batch);
    this.#note(header, header.control ? markerType(batch, header) : null);
  }

  #note(header: BatchHeader, marker: 'abort' | 'commit' | null): void {
    if (marker !== null) {
      this.transactions.ended(header.producerId, header.baseOffset, marker === 'commit');
      this.#sequences.ended(header.producerId, header.producerEpoch);
      return;
    }
    this.#sequences.appended(header);
    if (header.transactional) this.transactions.wrote(header.producerId, header.baseOffset);
  }

  /** @param offset −1 for all records @returns the new log start, or null when the offset is beyond the end */
  deleteBefore(offset: number): number | null {
    const target = offset === -1 ? this.highWatermark : offset;
    if (target < 0 || target > this.highWatermark) return null;
    this.log.advanceLogStart(target);
    return this.log.logStart;
  }

  /** Calls `run` at every append until the returned function is called. */
  onAppend(run: () => void): () => void {
    this.#waiting.add(run);
    return () => this.#waiting.delete(run);
  }

  /** Wakes all who wait: the topic is gone, and they are told so when they look again. */
  close(): void {
    this.#wake();
  }

  #wake(): void {
    for (const run of [...this.#waiting]) run();
  }
}

function markerType(batch: Buffer, header: BatchHeader): 'abort' | 'commit' {
  return controlType(decodeBatch(batch, 0, header, batch.length).keyAt(0)) === 'commit' ? 'commit' : 'abort';
}

/** A copy that carries the broker's time. The time lies in what the CRC covers, so that is written anew as well. */
function stamped(records: Buffer, logAppendTimeMs: number): Buffer {
  const batch = Buffer.from(records);
  const attributes = batch.readInt16BE(batchLayout.attributes);
  batch.writeInt16BE(attributes | attributeBits.logAppendTime, batchLayout.attributes);
  batch.writeBigInt64BE(BigInt(logAppendTimeMs), batchLayout.maxTimestamp);
  batch.writeUInt32BE(crc32c(batch.subarray(batchLayout.attributes)), batchLayout.crc);
  return batch;
}
