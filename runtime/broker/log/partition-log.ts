/**
 * The append-only log of one partition.
 *
 *   segments    [ 0 … 511 ][ 512 … 2047 ][ 2048 … 2300 ]
 *                     ▲ logStart                       ▲ nextOffset: where the next record goes
 *
 * logStart ≤ nextOffset, both only grow. With one node every record is replicated as soon as it is appended, so
 * nextOffset is the high watermark too. Knows nothing of producers and transactions: see `partition.ts`.
 */
import { BatchHeader, batchLayout } from '../../protocol/records/batch-header.ts';
import { LogSegment, type StoredBatch } from './log-segment.ts';

/** First segment of a partition, so that many empty topics cost little; each next one is twice as large. */
const segmentBytesMin = 16 * 1024;
/** As large as a consumer's default `max.partition.bytes`: a fetch is answered from one segment. */
const segmentBytesMax = 1024 * 1024;

/** Where appended bytes are kept besides memory. @throws what the file system throws; then nothing was appended */
export interface LogStore {
  append(batch: Buffer): void;
}

export class PartitionLog {
  #segments: LogSegment[] = [];
  #logStart = 0;
  #nextOffset = 0;
  #byteLength = 0;
  #latest: StoredBatch | null = null; // the first of the batches with the highest timestamp
  readonly #store: LogStore | null;

  constructor(store: LogStore | null) {
    this.#store = store;
  }

  get logStart(): number {
    return this.#logStart;
  }

  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** Bytes of all batches still kept. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** The first of the batches with the highest timestamp, or null in an empty log. */
  get latest(): StoredBatch | null {
    return this.#latest;
  }

  /**
   * Appends one batch: copies it, gives it the next offsets and the leader epoch. Its CRC stays true.
   * @param batch one whole, checked batch @returns its header with the offsets it got
   * @throws what the store throws; then the log is as before
   */
  append(batch: Buffer, leaderEpoch: number): BatchHeader {
    const placed = this.#roomFor(batch.length).place(batch);
    placed.writeBigInt64BE(BigInt(this.#nextOffset), batchLayout.baseOffset);
    placed.writeInt32BE(leaderEpoch, batchLayout.partitionLeaderEpoch);
    this.#store?.append(placed);
    return this.#commit(new BatchHeader(placed, 0));
  }

  /** Takes over a batch that the store kept, with the offsets it has. */
  restore(batch: Buffer): BatchHeader {
    this.#roomFor(batch.length).place(batch);
    const header = new BatchHeader(batch, 0);
    if (this.#segments.length === 1 && this.#segments[0]!.batches.length === 0) this.#logStart = header.baseOffset;
    return this.#commit(header);
  }

  #commit(header: BatchHeader): BatchHeader {
    const segment = this.#segments.at(-1)!;
    segment.commit(header);
    this.#nextOffset = header.lastOffset + 1;
    this.#byteLength += header.length;
    if (this.#latest === null || header.maxTimestamp > this.#latest.maxTimestamp)
      this.#latest = segment.batches.at(-1)!;
    return header;
  }

  #roomFor(byteLength: number): LogSegment {
    const last = this.#segments.at(-1);
    if (last?.hasRoom(byteLength)) return last;
    const capacity = Math.min((last?.capacity ?? segmentBytesMin / 2) * 2, segmentBytesMax);
    const segment = new LogSegment(Math.max(capacity, byteLength));
    this.#segments.push(segment);
    return segment;
  }

  /**
   * Whole batches from the one that holds `offset` on, a view. The caller has checked that logStart ≤ offset ≤ next.
   * @param endOffset nothing that reaches this offset @param firstAlways see `LogSegment.slice`
   */
  read(offset: number, endOffset: number, maxBytes: number, firstAlways: boolean): Buffer {
    const segment = this.#segmentAt(offset);
    if (segment === undefined) return Buffer.alloc(0);
    return segment.slice(segment.find(offset), endOffset, maxBytes, firstAlways);
  }

  #segmentAt(offset: number): LogSegment | undefined {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#segments[middle]!.batches.at(-1)?.lastOffset ?? Infinity) < offset) low = middle + 1;
      else high = middle;
    }
    return this.#segments[low];
  }

  /** Kept batches in offset order, with their bytes. */
  *batches(): Generator<{ readonly stored: StoredBatch; readonly bytes: Buffer }> {
    for (const segment of this.#segments) {
      for (const stored of segment.batches) {
        if (stored.lastOffset >= this.#logStart) yield { stored, bytes: segment.bytesOf(stored) };
      }
    }
  }

  /** Forgets what lies below `offset` (DeleteRecords); memory is freed a segment at a time. */
  advanceLogStart(offset: number): void {
    this.#logStart = Math.min(Math.max(offset, this.#logStart), this.#nextOffset);
    const isKept = (s: LogSegment): boolean => (s.batches.at(-1)?.lastOffset ?? Infinity) >= this.#logStart;
    for (const gone of this.#segments.filter((s) => !isKept(s))) {
      for (const batch of gone.batches) this.#byteLength -= batch.byteLength;
    }
    this.#segments = this.#segments.filter(isKept);
    this.#latest = null;
    for (const { stored } of this.batches()) {
      if (this.#latest === null || stored.maxTimestamp > this.#latest.maxTimestamp) this.#latest = stored;
    }
  }
}
