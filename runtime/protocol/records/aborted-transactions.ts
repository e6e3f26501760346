/**
 * Which batches of a response belong to aborted transactions. Walk the batches in order:
 *
 *   list of the broker      (producer 7 from offset 10), (producer 9 from offset 30)
 *   at a batch              transactions that began up to its last offset become active
 *   at an abort marker      its producer is not active any more: what it writes next is another transaction
 */
import type { BatchHeader } from './batch-header.ts';
import { controlType, decodeBatch } from './record-batch.ts';

const markerBytesMax = 4096; // a marker is one record of a few bytes

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export class AbortedTransactions {
  readonly #coming: AbortedTransaction[];
  readonly #active = new Set<number>();

  constructor(aborted: readonly AbortedTransaction[]) {
    // Popped from the end.
    this.#coming = [...aborted].sort((a, b) => b.firstOffset - a.firstOffset);
  }

  /** Call for every batch of the response, in order. @returns false for markers and for records that were taken back */
  wanted(header: BatchHeader, records: Buffer, at: number): boolean {
    while (this.#coming.length > 0 && this.#coming.at(-1)!.firstOffset <= header.lastOffset) {
      this.#active.add(this.#coming.pop()!.producerId);
    }
    if (header.control) {
      // Other markers leave the active ones alone: a commit marker's producer is not among them.
      if (this.#active.has(header.producerId) && isAbort(header, records, at)) this.#active.delete(header.producerId);
      return false;
    }
    return !(header.transactional && this.#active.has(header.producerId));
  }
}

function isAbort(header: BatchHeader, records: Buffer, at: number): boolean {
  const marker = decodeBatch(records, at, header, markerBytesMax);
  return marker.count > 0 && controlType(marker.keyAt(0)) === 'abort';
}
