/**
 * Who works when in one thread: shares the slots for running calls among the partitions that have something to do, and
 * gives way to the event loop.
 *
 *   kick ──one turn of the loop──▶ pass: suspects alone, else everybody with work in turn, at most `sliceMs`
 *     ▲                              │ then progress is published
 *     └── time was over, a call settled, a retry is due, a record set came
 */
import type { Clock } from '../core/clock.ts';
import type { RunningCalls } from './running-calls.ts';
import type { SetRun } from './set-run.ts';
import type { Suspects } from './suspects.ts';

/** Why a step ended: nothing to do, no slot or not allowed yet, or its time was over. */
export type StepEnd = 'idle' | 'full' | 'time';

/** A partition, for the schedule. */
export interface Scheduled {
  /** @param slots calls that may be started and stay under way @param until time of the clock to stop at */
  step(slots: number, until: number): StepEnd;
}

export interface ScheduleOptions {
  readonly clock: Clock;
  readonly calls: RunningCalls;
  readonly suspects: Suspects;
  /** Slots: calls that may be under way at once. */
  readonly maxRunning: number;
  /** Called after every pass. */
  readonly passed: () => void;
}

const sliceMs = 4; // between two turns of the loop; measured: timers of a busy thread stay within 5 ms

export class Schedule {
  readonly #clock: Clock;
  readonly #calls: RunningCalls;
  readonly #suspects: Suspects;
  readonly #maxRunning: number;
  readonly #passed: () => void;
  /** In the order in which they have their turn. */
  readonly #busy = new Set<Scheduled>();
  readonly #unpublished: SetRun[] = [];
  #kicked = false;

  constructor(options: ScheduleOptions) {
    this.#clock = options.clock;
    this.#calls = options.calls;
    this.#suspects = options.suspects;
    this.#maxRunning = options.maxRunning;
    this.#passed = options.passed;
  }

  /** There is something to do: a record set, a retry that is due, a lane that moved on. */
  hasWork(partition: Scheduled): void {
    this.#busy.add(partition);
    this.#kick();
  }

  /** The main thread sees the set's progress after this pass. */
  publishLater(set: SetRun): void {
    set.unpublished = true;
    this.#unpublished.push(set);
  }

  #kick(): void {
    if (this.#kicked) return;
    this.#kicked = true;
    void this.#clock.turn().then(() => {
      this.#kicked = false;
      this.#pass();
    });
  }

  #pass(): void {
    const until = this.#calls.look() + sliceMs;
    if (this.#suspects.pending) this.#suspects.proceed(() => this.#calls.running);
    if (!this.#suspects.pending && this.#share(until)) this.#kick();
    for (const set of this.#unpublished) {
      set.unpublished = false;
      if (!set.released) set.progress.publish();
    }
    this.#unpublished.length = 0;
    this.#calls.leave();
    this.#passed();
  }

  /** Gives everybody with work a share of the free slots. @returns whether time was over before the work was */
  #share(until: number): boolean {
    for (let started = true; started; ) {
      started = false;
      for (const partition of [...this.#busy]) {
        const before = this.#calls.running;
        const slots = Math.ceil((this.#maxRunning - before) / this.#busy.size);
        const end = partition.step(slots, until);
        if (end === 'idle') this.#busy.delete(partition);
        if (end === 'time') {
          // To the end of the row: the others come first next time.
          this.#busy.delete(partition);
          this.#busy.add(partition);
          return true;
        }
        started ||= this.#calls.running > before;
      }
    }
    return false;
  }
}
