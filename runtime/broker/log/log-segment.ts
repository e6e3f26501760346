/**
 * A piece of a partition's log: whole record batches one behind the other in one buffer, with an index over them.
 *
 *   bytes   | 100–149 | 150–150 | 151–300 |······ free ······|
 *   index     0         4210      4350
 *
 * Offsets ascend without gaps from one batch to the next. A stored batch never changes and is never moved, so a read
 * answers with a view.
 */
import type { BatchHeader } from '../../protocol/records/batch-header.ts';

export interface StoredBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Where it begins in the segment's buffer. */
  readonly position: number;
  readonly byteLength: number;
  readonly maxTimestamp: number;
}

export class LogSegment {
  readonly #bytes: Buffer;
  readonly #batches: StoredBatch[] = [];
  #length = 0;

  /** @param capacity bytes; allocated at once */
  constructor(capacity: number) {
    // Not from Node's shared pool: a segment lives long and must not hold on to other people's bytes.
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  get batches(): readonly StoredBatch[] {
    return this.#batches;
  }

  get capacity(): number {
    return this.#bytes.length;
  }

  hasRoom(byteLength: number): boolean {
    return this.#bytes.length - this.#length >= byteLength;
  }

  /** Copies a batch behind the last one without counting it yet. @returns the copy, to be patched and then committed */
  place(batch: Buffer): Buffer {
    batch.copy(this.#bytes, this.#length);
    return this.#bytes.subarray(this.#length, this.#length + batch.length);
  }

  /** Counts the batch that was placed last. */
  commit(header: BatchHeader): void {
    const { baseOffset, lastOffset, length, maxTimestamp } = header;
    this.#batches.push({ baseOffset, lastOffset, byteLength: length, maxTimestamp, position: this.#length });
    this.#length += length;
  }

  bytesOf(batch: StoredBatch): Buffer {
    return this.#bytes.subarray(batch.position, batch.position + batch.byteLength);
  }

  /** @returns index of the first batch that reaches `offset`, or the number of batches when none does */
  find(offset: number): number {
    let low = 0;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#batches[middle]!.lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Whole batches from `first` on, all below `endOffset`, in at most `maxBytes`.
   * @param firstAlways whether the first batch is given even when it is larger than that
   */
  slice(first: number, endOffset: number, maxBytes: number, firstAlways: boolean): Buffer {
    const start = this.#batches[first]?.position ?? this.#length;
    let end = start;
    for (let i = first; i < this.#batches.length; i++) {
      const batch = this.#batches[i]!;
      if (batch.lastOffset >= endOffset) break;
      const batchEnd = batch.position + batch.byteLength;
      if (batchEnd - start > maxBytes && !(i === first && firstAlways)) break;
      end = batchEnd;
    }
    return this.#bytes.subarray(start, end);
  }
}
