/**
 * Time of a simulated world: a queue of events. The next one is the earliest; of events at the same time the seed draws
 * one. Between two events every promise settles, so that a seed always gives the same history.
 *
 *   timeline ── a `Place` per process, per thread ──▶ the `Clock` that the real code is given
 *
 * A place can be stopped (its process was killed, its thread is gone) or frozen (SIGSTOP): what falls due there is
 * dropped, or comes late. Whatever runs in a place waits on its clock, so stopping the clock ends it wherever it is.
 */
import type { Clock, Timer } from '../../../runtime/core/clock.ts';
import type { Random } from '../../../runtime/core/random.ts';

interface Event {
  readonly at: number;
  /** Drawn by the seed: order among events of the same time. */
  readonly tie: number;
  run: (() => void) | null;
}

const stepsPerTurn = 100;
const wallTimeAtStart = Date.UTC(2026, 0, 1);

export class Timeline {
  now = 0;
  /** Events that have run. */
  steps = 0;
  readonly #random: Random;
  readonly #heap: Event[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  after(delayMs: number, run: () => void): Timer {
    const event: Event = { at: this.now + Math.max(0, delayMs), tie: this.#random(), run };
    this.#push(event);
    return {
      cancel: () => {
        event.run = null;
      },
    };
  }

  /** Runs events until `over` says so, time is up or nothing is left. @returns whether `over` came true */
  runUntil(over: () => boolean, untilMs: number, stepsMax: number): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    let ended = false;
    const end = (cameTrue: boolean): void => {
      ended = true;
      resolve(cameTrue);
    };
    const step = (): void => {
      if (ended) return;
      if (over()) end(true);
      else if (!this.#runNext(untilMs, stepsMax)) end(false);
    };
    // All promises that an event settles have their say before the next event: Node empties its microtasks between two
    // immediates. Many immediates in one turn of the loop, since a turn costs more than most events.
    const turn = (): void => {
      for (let left = stepsPerTurn; left > 0; left--) setImmediate(guarded);
      setImmediate(() => {
        if (!ended) turn();
      });
    };
    const guarded = (): void => {
      try {
        step();
      } catch (error) {
        ended = true;
        reject(error);
      }
    };
    turn();
    return promise;
  }

  #runNext(untilMs: number, stepsMax: number): boolean {
    const event = this.#pop();
    if (event === null) return false;
    if (event.at > untilMs || this.steps > stepsMax) {
      this.#push(event);
      return false;
    }
    this.now = event.at;
    this.steps++;
    event.run?.();
    return true;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent]!, event)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  /** @returns the next event that was not cancelled */
  #pop(): Event | null {
    const heap = this.#heap;
    while (heap.length > 0) {
      const first = heap[0]!;
      const last = heap.pop()!;
      if (heap.length > 0) this.#sink(last);
      if (first.run !== null) return first;
    }
    return null;
  }

  #sink(event: Event): void {
    const heap = this.#heap;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(event, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = event;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.tie < b.tie);
}

/** The clock of one process or thread; a thread lies in its process. */
export class Place implements Clock {
  readonly #timeline: Timeline;
  readonly #within: Place | null;
  #stopped = false;
  #frozenUntil = 0;

  constructor(timeline: Timeline, within: Place | null = null) {
    this.#timeline = timeline;
    this.#within = within;
  }

  get stopped(): boolean {
    return this.#stopped || this.#within?.stopped === true;
  }

  now(): number {
    return this.#timeline.now;
  }

  wallTime(): number {
    return wallTimeAtStart + Math.floor(this.#timeline.now);
  }

  after(delayMs: number, run: () => void): Timer {
    let timer = this.#timeline.after(delayMs, () => fire());
    const fire = (): void => {
      const thawsAt = this.frozenUntil;
      if (this.stopped) return;
      if (thawsAt > this.#timeline.now) timer = this.#timeline.after(thawsAt - this.#timeline.now, fire);
      else run();
    };
    return { cancel: () => timer.cancel() };
  }

  turn(): Promise<void> {
    return new Promise((resolve) => this.after(0, resolve));
  }

  get frozenUntil(): number {
    return Math.max(this.#frozenUntil, this.#within?.frozenUntil ?? 0);
  }

  freeze(forMs: number): void {
    this.#frozenUntil = this.#timeline.now + forMs;
  }

  /** Nothing here happens any more. */
  stop(): void {
    this.#stopped = true;
  }
}
