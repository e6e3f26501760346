/** Time that passes only when a test says so. Timers run in the order of their due times, ties in the order of creation. */
import type { Clock, Timer } from '../core/clock.ts';

interface Due {
  readonly at: number;
  readonly run: () => void;
}

export class ManualClock implements Clock {
  #now = 0;
  readonly #startedAt: number;
  readonly #due = new Set<Due>();

  /** @param startedAt wall time at 0, milliseconds since 1970 */
  constructor(startedAt = Date.UTC(2026, 0, 1)) {
    this.#startedAt = startedAt;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#startedAt + this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    const due: Due = { at: this.#now + Math.max(0, delayMs), run };
    this.#due.add(due);
    return { cancel: () => this.#due.delete(due) };
  }

  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#due.size;
  }

  /** Lets `ms` pass: runs what falls due, and lets promises settle after each timer. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#due.delete(next);
      this.#now = next.at;
      next.run();
      await this.turn();
    }
    this.#now = until;
    await this.turn();
  }

  #next(until: number): Due | undefined {
    let first: Due | undefined;
    for (const due of this.#due) if (due.at <= until && (first === undefined || due.at < first.at)) first = due;
    return first;
  }
}
