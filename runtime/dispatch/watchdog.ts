/**
 * Notices a thread whose event loop stands still: a handler that never returns, at once or after an await. Such a
 * thread cannot stop itself, and its other partitions wait with it.
 *
 *   tick      7   8   9   9   9   9   9
 *   stalled   0   0   0   1   2   3   4 checks ─▶ timeouts.handler reached: hung
 *
 * Only while a thread has work: an idle one may sleep, and then nobody looks. Time is counted in checks that came in time, so that a process
 * that was stopped itself (SIGSTOP, a sleeping laptop) does not take its threads for dead when it wakes up.
 */
import type { Clock, Timer } from '../core/clock.ts';
import type { ThreadPulse } from '../core/thread-pulse.ts';

export interface Watched {
  readonly index: number;
  readonly pulse: ThreadPulse | null;
  readonly busy: boolean;
}

interface Stall {
  readonly pulse: ThreadPulse;
  readonly tick: number;
  readonly stalledMs: number;
}

const checksPerTimeout = 10;
const checkMinMs = 50;
const checkMaxMs = 1_000;

export class Watchdog {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #everyMs: number;
  readonly #threads: () => readonly Watched[];
  readonly #hung: (index: number, stalledMs: number) => void;
  readonly #stalls = new Map<number, Stall>();
  #timer: Timer | null = null;
  #checkedAt = 0;
  #stopped: boolean = false;

  /** @param timeoutMs `timeouts.handler` @param hung called once for each time that a thread stands still */
  constructor(
    clock: Clock,
    timeoutMs: number,
    threads: () => readonly Watched[],
    hung: (index: number, stalledMs: number) => void,
  ) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#everyMs = Math.min(checkMaxMs, Math.max(checkMinMs, timeoutMs / checksPerTimeout));
    this.#threads = threads;
    this.#hung = hung;
  }

  /** A thread has work: looks until none has any. */
  watch(): void {
    if (this.#stopped || this.#timer !== null) return;
    this.#checkedAt = this.#clock.now();
    this.#timer = this.#clock.after(this.#everyMs, () => {
      this.#timer = null;
      if (this.#check()) this.watch();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** @returns whether any thread has work */
  #check(): boolean {
    let anyBusy = false;
    const passedMs = Math.min(this.#clock.now() - this.#checkedAt, 2 * this.#everyMs);
    for (const { index, pulse, busy } of this.#threads()) {
      if (pulse === null || !busy) {
        this.#stalls.delete(index);
        continue;
      }
      anyBusy = true;
      const { tick } = pulse.read();
      const before = this.#stalls.get(index);
      const same = before?.pulse === pulse && before.tick === tick;
      const stalledMs = same ? before.stalledMs + passedMs : 0;
      this.#stalls.set(index, { pulse, tick, stalledMs });
      if (stalledMs < this.#timeoutMs) continue;
      this.#stalls.delete(index);
      this.#hung(index, stalledMs);
    }
    return anyBusy;
  }
}
