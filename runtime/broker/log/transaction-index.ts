/**
 * The transactions of one partition, for readers that want committed records only.
 *
 *   offsets    100  101  102  103  104  105
 *   producer   7    9    7    ·    9    abort 7
 *   open       7 from 100, 9 from 101          last stable offset 100; after the abort 101
 *
 * The last stable offset is the first offset of the oldest open transaction, or the end of the log.
 */

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of the abort marker. */
  readonly lastOffset: number;
}

export class TransactionIndex {
  readonly #open = new Map<number, number>(); // producer id → first offset
  readonly #aborted: AbortedTransaction[] = []; // ascending by lastOffset

  wrote(producerId: number, offset: number): void {
    if (!this.#open.has(producerId)) this.#open.set(producerId, offset);
  }

  ended(producerId: number, markerOffset: number, committed: boolean): void {
    const firstOffset = this.#open.get(producerId);
    this.#open.delete(producerId);
    if (firstOffset !== undefined && !committed)
      this.#aborted.push({ producerId, firstOffset, lastOffset: markerOffset });
  }

  /** Ids of the producers that have a transaction open here. */
  get open(): readonly number[] {
    return [...this.#open.keys()];
  }

  lastStableOffset(nextOffset: number): number {
    return Math.min(nextOffset, ...this.#open.values());
  }

  /** Aborted transactions that touch the offsets from `from` up to, not including, `to`. */
  abortedIn(from: number, to: number): readonly AbortedTransaction[] {
    return this.#aborted.filter((t) => t.lastOffset >= from && t.firstOffset < to);
  }
}
