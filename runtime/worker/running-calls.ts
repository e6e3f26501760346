/**
 * The calls of handlers that are under way in one thread: how many, since when, and which one is on the stack.
 *
 *   on the stack   set 7 ──▶ `pulse`: if the thread stops answering, its record is a suspect
 *   under way      c1 c2 c3  `running`: each takes a slot until its promise settles, and has a deadline
 *
 * A call over its deadline is aborted; one that goes on as long again holds its key and its slot for good, and only a
 * new thread gets rid of it.
 */
import type { Clock } from '../core/clock.ts';
import type { ThreadPulse } from '../core/thread-pulse.ts';
import type { CallServices } from './call-context.ts';
import { Deadlines } from './deadlines.ts';
import type { HandlerCall } from './handler-call.ts';
import { placeOf } from './record-event.ts';

export class RunningCalls {
  readonly services: CallServices;
  /** A call that takes longer is reported. */
  readonly slowMs: number;
  /** Milliseconds of the clock at the last look: one look serves the end of a call and the start of the next one. */
  now: number;
  readonly #clock: Clock;
  readonly #pulse: ThreadPulse;
  readonly #deadlines: Deadlines;
  #running = 0;
  #givenUp = 0;
  #quiet: PromiseWithResolvers<void> | null = null;
  #runningSet = 0;

  constructor(services: CallServices, slowMs: number, pulse: ThreadPulse) {
    this.services = services;
    this.slowMs = slowMs;
    this.#clock = services.clock;
    this.#pulse = pulse;
    this.#deadlines = new Deadlines(services.clock, (call, now) => this.#tooLong(call, now));
    this.now = services.clock.now();
  }

  /** Calls whose promise has not settled. */
  get running(): number {
    return this.#running;
  }

  /** @returns the time, which is also kept in `now` */
  look(): number {
    this.now = this.#clock.now();
    return this.now;
  }

  /** A call of this record set goes onto the stack. */
  enter(set: number): void {
    if (set !== this.#runningSet) this.#setRunning(set);
  }

  /** No call is on the stack. */
  leave(): void {
    this.#setRunning(0);
  }

  #setRunning(set: number): void {
    this.#runningSet = set;
    this.#pulse.setRunning(set);
  }

  /** The call has returned, and its promise is under way. */
  started(call: HandlerCall): void {
    this.#running++;
    this.#deadlines.add(call);
  }

  /** @returns how long the call took, in milliseconds */
  settled(call: HandlerCall): number {
    this.#running--;
    if (call.givenUp) this.#givenUp--;
    this.#deadlines.remove(call);
    this.#tellQuiet();
    return this.look() - call.startedAt;
  }

  /** Resolves when no call is under way but those that were given up. */
  quiet(): Promise<void> {
    this.#quiet = Promise.withResolvers();
    const { promise } = this.#quiet;
    this.#tellQuiet();
    return promise;
  }

  #tellQuiet(): void {
    if (this.#running === this.#givenUp) this.#quiet?.resolve();
  }

  #tooLong(call: HandlerCall, now: number): void {
    if (!call.aborted) {
      call.abort('timeout', now);
      return;
    }
    this.#deadlines.remove(call);
    call.givenUp = true;
    this.#givenUp++;
    this.#tellQuiet();
    const { file, timeoutMs } = call.handler;
    const reason = `${file}: a handler of "${call.event.type}" went on for ${timeoutMs} ms after its signal was aborted`;
    this.services.post({ kind: 'tainted', reason, blame: placeOf(call.event) });
  }
}
