/** One timer for the earliest of the times at which somebody wants to look again. */
import type { Clock, Timer } from '../core/clock.ts';

export class WakeUp {
  readonly #clock: Clock;
  readonly #run: () => void;
  #next: { readonly at: number; readonly timer: Timer } | null = null;
  #closed: boolean = false;

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock;
    this.#run = run;
  }

  /** @param time of the clock; an earlier one that is set already counts for it too */
  at(time: number): void {
    if (this.#closed || (this.#next !== null && this.#next.at <= time)) return;
    this.#next?.timer.cancel();
    const timer = this.#clock.after(Math.max(0, time - this.#clock.now()), () => {
      this.#next = null;
      this.#run();
    });
    this.#next = { at: time, timer };
  }

  close(): void {
    this.#closed = true;
    this.#next?.timer.cancel();
  }
}
