/**
 * Finds the calls that run too long, with one timer for all of them: a timer for each would cost more than most
 * handlers do. The timer is set for the earliest due time that was seen; a call that ends does not touch it.
 */
import type { Clock, Timer } from '../core/clock.ts';
import type { HandlerCall } from './handler-call.ts';

export class Deadlines {
  readonly #clock: Clock;
  readonly #expired: (call: HandlerCall, now: number) => void;
  readonly #calls = new Set<HandlerCall>();
  #timer: Timer | null = null;
  #timerAt = Number.POSITIVE_INFINITY;

  /** @param expired is called at `call.dueAt` or later; it moves `dueAt` on, or removes the call */
  constructor(clock: Clock, expired: (call: HandlerCall, now: number) => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  add(call: HandlerCall): void {
    this.#calls.add(call);
    this.#setTimer(call.dueAt);
  }

  remove(call: HandlerCall): void {
    this.#calls.delete(call);
    // An idle thread keeps no timer: it would keep the process alive.
    if (this.#calls.size === 0) this.#cancel();
  }

  #setTimer(at: number): void {
    if (at >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = this.#clock.after(Math.max(0, at - this.#clock.now()), () => this.#look());
  }

  #look(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    for (const call of [...this.#calls]) if (call.dueAt <= now) this.#expired(call, now);
    let earliest = Number.POSITIVE_INFINITY;
    for (const call of this.#calls) earliest = Math.min(earliest, call.dueAt);
    if (earliest !== Number.POSITIVE_INFINITY) this.#setTimer(earliest);
  }

  #cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }
}
