/**
 * One call of the producer: what became of each of its records. Settles once, with the last of them.
 *
 *   left  3 ─ written(1) ▶ 2 ─ failed(0) ▶ 1 ─ written(2) ▶ 0: settled
 */
import type { WrittenPlace } from '../core/thread-messages.ts';

export interface CallResult {
  /** In the order of the records; null where one failed. */
  readonly places: readonly (WrittenPlace | null)[];
  /** By index, ascending. */
  readonly failures: readonly { readonly index: number; readonly error: unknown }[];
}

export class Call {
  /** Clock time. */
  readonly startedAt: number;
  readonly result: Promise<CallResult>;
  readonly #places: (WrittenPlace | null)[];
  #failures: { readonly index: number; readonly error: unknown }[] | null = null;
  readonly #settle: (result: CallResult) => void;
  readonly #settled: (call: Call, result: CallResult) => void;
  #left: number;

  /** @param records at least one @param settled is told before whoever waits for `result` */
  constructor(records: number, startedAt: number, settled: (call: Call, result: CallResult) => void) {
    const { promise, resolve } = Promise.withResolvers<CallResult>();
    this.result = promise;
    this.#settle = resolve;
    this.#settled = settled;
    this.startedAt = startedAt;
    this.#left = records;
    this.#places = new Array<WrittenPlace | null>(records).fill(null);
  }

  written(index: number, place: WrittenPlace): void {
    this.#places[index] = place;
    this.#countDown();
  }

  failed(index: number, error: unknown): void {
    this.#failures ??= [];
    this.#failures.push({ index, error });
    this.#countDown();
  }

  #countDown(): void {
    if (--this.#left > 0) return;
    const failures = this.#failures?.sort((a, b) => a.index - b.index) ?? [];
    const result = { places: this.#places, failures };
    this.#settled(this, result);
    this.#settle(result);
  }
}
