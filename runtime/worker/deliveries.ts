/**
 * The records of a partition that could not be finished in one go: which of them may run, and what they ask for.
 *
 *   lanes    key a   d1 ◀── d4 ◀── d5       d1, d2 hold their lanes: `active`
 *            key b   d2                     d3 needs no order: `active` without a lane
 *   ready    d2 ──▶ d3                      may start as soon as a slot is free: their turn, or their retry has come
 *
 * Invariant: one delivery holds a lane, and only holders are active. A lane without a delivery does not exist.
 */
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { AbortReason, DeadLetterReason, PlaceOfRecord } from '../core/thread-messages.ts';
import type { RecordBatch } from '../protocol/records/record-batch.ts';
import { callHandler, failureOf, timed } from './call-handler.ts';
import { Delivery, type DeliveryHost } from './delivery.ts';
import type { CallOutcome, HandlerCall } from './handler-call.ts';
import { Lane, LinkedQueue } from './lane.ts';
import type { LaneKeyOf } from './lane-key.ts';
import type { OpenSets } from './open-sets.ts';
import { copyRecord, placeOf, RecordEvent } from './record-event.ts';
import type { Failure, RetryLimits } from './retry-decision.ts';
import type { Route, RouteHandler } from './routes.ts';
import type { RunningCalls } from './running-calls.ts';
import type { SetRun } from './set-run.ts';
import type { Suspects } from './suspects.ts';
import { countHandled } from './thread-tally.ts';

/** What deliveries need of their partition and its thread. */
export interface DeliveriesOptions {
  readonly epoch: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: RetryLimits;
  readonly laneKeyOf: LaneKeyOf;
  readonly calls: RunningCalls;
  readonly suspects: Suspects;
  readonly sets: OpenSets;
  /** Records handled since the last tally, by `Route.id`. */
  readonly handled: number[];
  /** There is a delivery that may start, or a slot for one. */
  readonly hasWork: () => void;
  /** Counts a record that a rule passed over. */
  readonly skipped: () => void;
}

export class Deliveries implements DeliveryHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: RetryLimits;
  /** Calls under way, also after the end. */
  running = 0;
  readonly #epoch: number;
  readonly #laneKeyOf: LaneKeyOf;
  readonly #calls: RunningCalls;
  readonly #suspects: Suspects;
  readonly #sets: OpenSets;
  readonly #handled: number[];
  readonly #hasWork: () => void;
  readonly #skipped: () => void;
  readonly #lanes = new Map<string, Lane<Delivery>>();
  readonly #active = new Set<Delivery>();
  readonly #ready = new LinkedQueue<Delivery>();

  constructor(options: DeliveriesOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.limits = options.limits;
    this.#epoch = options.epoch;
    this.#laneKeyOf = options.laneKeyOf;
    this.#calls = options.calls;
    this.#suspects = options.suspects;
    this.#sets = options.sets;
    this.#handled = options.handled;
    this.#hasWork = options.hasWork;
    this.#skipped = options.skipped;
  }

  /** Whether any key has unfinished work. */
  get hasLanes(): boolean {
    return this.#lanes.size > 0;
  }

  /** Puts the record behind the unfinished work of its key. @returns false when there is none */
  append(key: string | null, set: SetRun, batch: RecordBatch, index: number, offset: number, route: Route): boolean {
    const lane = key === null ? undefined : this.#lanes.get(key);
    if (lane === undefined) return false;
    set.deliveries++;
    lane.append(new Delivery(this, set, batch, index, offset, route));
    return true;
  }

  /**
   * Makes the record the holder of its lane.
   * @param knownKey undefined when nobody has asked yet @returns null when another one holds it: then it waits behind
   */
  hold(
    set: SetRun,
    batch: RecordBatch,
    index: number,
    offset: number,
    route: Route,
    knownKey?: string | null,
  ): Delivery | null {
    const delivery = new Delivery(this, set, batch, index, offset, route);
    set.deliveries++;
    const key = knownKey === undefined ? this.#laneKeyOf(batch, index) : knownKey;
    if (key !== null) {
      const taken = this.#lanes.get(key);
      if (taken !== undefined) {
        taken.append(delivery);
        return null;
      }
      delivery.lane = new Lane(key);
      this.#lanes.set(key, delivery.lane);
    }
    this.#active.add(delivery);
    return delivery;
  }

  /** @returns why it had to stop before all that are ready were started */
  startReady(runningMax: number, until: number): 'full' | 'time' | null {
    while (!this.#ready.empty) {
      if (this.running >= runningMax) return 'full';
      this.#ready.shift()!.start();
      if (this.#calls.now > until) return 'time';
    }
    return null;
  }

  call(delivery: Delivery, handler: RouteHandler): CallOutcome {
    const { set, batch, index, offset, attempt, route } = delivery;
    const outcome = callHandler(this.#calls, this.#epoch, set, batch, index, offset, route.type, handler, attempt);
    set.progress.leave(); // whatever it came to: other handlers of the record may have failed
    return outcome;
  }

  callStarted(delivery: Delivery, call: HandlerCall): void {
    this.running++;
    delivery.set.callsRunning++;
    this.#calls.started(call);
  }

  callSettled(delivery: Delivery, call: HandlerCall, thrown: unknown, failed: boolean): Failure | null {
    this.running--;
    delivery.set.callsRunning--;
    const durationMs = this.#calls.settled(call);
    timed(this.#calls, call.handler, call.event, durationMs, failed || call.aborted);
    if (delivery.over) this.attemptOver(delivery);
    this.#hasWork();
    return failed ? failureOf(thrown, call.event) : null;
  }

  attemptOver(delivery: Delivery): void {
    this.#suspects.attemptOver(delivery);
  }

  retrying(delivery: Delivery, delayMs: number, { error }: Failure): void {
    const { attempt } = delivery;
    this.#calls.services.post({ kind: 'retrying', place: placeOfRecord(delivery), attempt, delayMs, error });
  }

  makeReady(delivery: Delivery): void {
    this.#ready.append(delivery);
    this.#hasWork();
  }

  exhausted(delivery: Delivery, reason: DeadLetterReason, { error }: Failure, attempts: number, hold: boolean): void {
    const { set, batch, index } = delivery;
    set.reported.set(delivery.offset, delivery);
    const record = copyRecord(batch, index);
    const place = placeOfRecord(delivery);
    const epoch = this.#epoch;
    this.#calls.services.post({ kind: 'exhausted', set: set.id, epoch, place, attempts, reason, hold, error, record });
  }

  skipped(): void {
    this.#skipped();
  }

  finished(delivery: Delivery, succeeded: boolean): void {
    const { set, lane } = delivery;
    this.#active.delete(delivery);
    set.reported.delete(delivery.offset);
    set.deliveries--;
    if (succeeded) countHandled(this.#handled, delivery.route);
    this.#sets.finish(set, delivery.offset - set.firstOffset);
    if (set.corrupt) this.#sets.giveBackCorrupt(set);
    const next = lane === null ? null : lane.shift();
    if (next !== null) {
      next.lane = lane;
      this.#active.add(next);
      this.makeReady(next);
    } else if (lane !== null) {
      this.#lanes.delete(lane.key);
    }
  }

  /** The epoch is over: running calls get their signal aborted, nothing more starts. */
  end(reason: AbortReason, now: number): void {
    for (const delivery of this.#active) delivery.end(reason, now);
    this.#active.clear();
    this.#ready.clear();
    this.#lanes.clear();
  }
}

function placeOfRecord({ set, batch, index, route }: Delivery): PlaceOfRecord {
  return placeOf(new RecordEvent(set, batch, index, route.type, null));
}
