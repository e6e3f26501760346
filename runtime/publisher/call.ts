/**
 * One call of the producer: what became of each of its records. Settles once, with the last of them.
 *
 *   outside  3 ─ entered ▶ 2 ─ entered ▶ 1 ─ refused ▶ 0: handed over
 *   left     3 ─ written ▶ 2 ─ refused ▶ 1 ─ written ▶ 0: settled
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
  #outside: number;
  #whenInside: (() => void) | null = null;

  /** @param records without any it is settled at once @param settled is told before whoever waits for `result` */
  constructor(records: number, startedAt: number, settled: (call: Call, result: CallResult) => void) {
    const { promise, resolve } = Promise.withResolvers<CallResult>();
    this.result = promise;
    this.#settle = resolve;
    this.#settled = settled;
    this.startedAt = startedAt;
    this.#left = records;
    this.#outside = records;
    this.#places = new Array<WrittenPlace | null>(records).fill(null);
    if (records === 0) resolve({ places: [], failures: [] });
  }

  /** There was room for one of them. */
  entered(): void {
    if (--this.#outside === 0) this.#whenInside?.();
  }

  /** One of them never was inside. */
  refused(index: number, error: unknown): void {
    this.failed(index, error);
    this.entered();
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

  /** Resolves when there was room for all of them, with what has failed by then, and without places. */
  async handedOver(): Promise<CallResult> {
    if (this.#outside > 0) {
      await new Promise<void>((resolve) => {
        this.#whenInside = resolve;
      });
    }
    return { places: this.#places.map(() => null), failures: [...this.#sorted()] };
  }

  #countDown(): void {
    if (--this.#left > 0) return;
    const result = { places: this.#places, failures: this.#sorted() };
    this.#settled(this, result);
    this.#settle(result);
  }

  #sorted(): CallResult['failures'] {
    return this.#failures?.sort((a, b) => a.index - b.index) ?? [];
  }
}
