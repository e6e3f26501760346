/** Counts the calls of one handler for one event type, until the next report. */
import { durationBucketsMs, type Tally } from '../core/events.ts';

export class CallStats {
  readonly #handler: string;
  readonly #type: string;
  #count = 0;
  #errors = 0;
  #sumMs = 0;
  #buckets = new Array<number>(durationBucketsMs.length + 1).fill(0);

  constructor(handler: string, type: string) {
    this.#handler = handler;
    this.#type = type;
  }

  add(durationMs: number, failed: boolean): void {
    this.#count++;
    if (failed) this.#errors++;
    this.#sumMs += durationMs;
    let bucket = 0;
    while (bucket < durationBucketsMs.length && durationMs > durationBucketsMs[bucket]!) bucket++;
    this.#buckets[bucket]!++;
  }

  /** @returns what was counted since the last time, null for nothing */
  take(): Tally['calls'][number] | null {
    if (this.#count === 0) return null;
    const taken = {
      handler: this.#handler,
      type: this.#type,
      count: this.#count,
      errors: this.#errors,
      sumMs: this.#sumMs,
      buckets: this.#buckets,
    };
    this.#count = 0;
    this.#errors = 0;
    this.#sumMs = 0;
    this.#buckets = new Array<number>(durationBucketsMs.length + 1).fill(0);
    return taken;
  }
}
