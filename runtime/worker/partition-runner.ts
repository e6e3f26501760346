/**
 * One partition under one epoch: walks its record sets in order, runs straight through what can be, and puts what cannot
 * into lanes.
 *
 *   record ──▶ finished before, filtered, no handler? ──▶ finished
 *          ──▶ its key has a lane? ──▶ queued there
 *          ──▶ no slot free? ──▶ the walk waits
 *          ──▶ call ──returned──▶ finished
 *                   ──promise, error──▶ delivery, which holds a lane of its key until it is over
 *
 * Invariant: a key without a lane has no unfinished record before the walk. So a record whose key has none may start.
 * `ended` is final: calls that go on are only counted, and a later epoch of the partition waits until they have settled.
 */
import type { Clock } from '../core/clock.ts';
import { toErrorData } from '../core/error-data.ts';
import type { Random } from '../core/random.ts';
import type { TopicPartition } from '../core/record-set.ts';
import type { AbortReason, DeadLetterReason, Opening, PlaceOfRecord } from '../core/thread-messages.ts';
import { envelopeHeaders } from '../handler/envelope.ts';
import { ProtocolError } from '../protocol/reader.ts';
import type { RecordBatch } from '../protocol/records/record-batch.ts';
import { callHandler, failureOf, timed } from './call-handler.ts';
import { type CallOutcome, Delivery } from './delivery.ts';
import type { HandlerCall } from './handler-call.ts';
import { DeliveryQueue, Lane } from './lane.ts';
import { copyRecord, placeOf, RecordEvent } from './record-event.ts';
import type { Failure, RetryLimits } from './retry-decision.ts';
import type { Route, RouteHandler } from './routes.ts';
import type { SetRun } from './set-run.ts';
import type { ThreadRunner } from './thread-runner.ts';

/** Why a step ended: nothing to do, no slot or not allowed yet, or its time was over. */
export type StepEnd = 'idle' | 'full' | 'time';

const eventTypeHeader = Buffer.from(envelopeHeaders.type);
const deathsMax = 3; // a record that was running at so many deaths of its thread is given up (guarantees: worker exit)
const looksEvery = 256; // records passed without a call between two looks at the clock

export class PartitionRunner implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly epoch: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: RetryLimits;
  /** Records handled since the last tally, by `Route.id`. */
  readonly handled: number[];
  /** Calls under way, also after the end. */
  running = 0;
  readonly #thread: ThreadRunner;
  #former: PartitionRunner | null;
  #ended = false;
  #halted = false;
  /** Sets that the walk has not left. */
  readonly #walk: SetRun[] = [];
  /** Sets that are not finished. */
  readonly #open = new Set<SetRun>();
  readonly #lanes = new Map<string, Lane>();
  readonly #active = new Set<Delivery>();
  readonly #ready = new DeliveryQueue();
  /** Offsets that were finished before the thread died and were not handed over again yet, ascending. */
  #finishedBefore: number[] = [];
  #suspects: Map<number, number> | null = null;
  #claimed: Set<number> | null = null;

  /** @param former the runner of an earlier epoch, whose calls may be under way still */
  constructor(thread: ThreadRunner, place: TopicPartition, epoch: number, former: PartitionRunner | null) {
    this.topic = place.topic;
    this.partition = place.partition;
    this.epoch = epoch;
    this.clock = thread.clock;
    this.random = thread.random;
    this.limits = thread.group.retry;
    this.handled = former?.handled ?? [];
    this.#thread = thread;
    this.#former = former;
  }

  /** Nothing more of this epoch is taken: it has ended, or its bytes are corrupt. */
  get closed(): boolean {
    return this.#ended || this.#halted;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** One key never runs twice at once, also across epochs: handlers of an earlier one settle first. */
  get blocked(): boolean {
    if (this.#former === null) return false;
    if (this.#former.running > 0 || this.#former.blocked) return true;
    this.#former = null;
    return false;
  }

  add(set: SetRun, opening: Opening | null): void {
    if (opening !== null) {
      this.#finishedBefore = opening.finished.toSorted((a, b) => a - b);
      this.#suspects = new Map(opening.suspects.map(({ offset, deaths }) => [offset, deaths]));
    }
    this.#walk.push(set);
    this.#open.add(set);
    this.#markFinished(set);
    if (this.#suspects !== null) this.#holdSuspects(set, this.#suspects);
    this.#thread.hasWork(this);
  }

  /** At once, not when the walk comes by: the thread may die again before. */
  #markFinished(set: SetRun): void {
    const beyond = this.#finishedBefore.findIndex((offset) => offset > set.lastOffset);
    const known = this.#finishedBefore.splice(0, beyond < 0 ? this.#finishedBefore.length : beyond);
    for (const offset of known) {
      if (offset < set.firstOffset) continue;
      set.hasFinished = true;
      this.#finishDelta(set, offset - set.firstOffset);
    }
  }

  /** Suspects come first. Each was at the head of its lane when its thread died, so no earlier record of its key is left. */
  #holdSuspects(set: SetRun, suspects: Map<number, number>): void {
    for (const [offset, deaths] of suspects) {
      if (offset < set.firstOffset || offset > set.lastOffset) continue;
      suspects.delete(offset);
      const found = set.find(offset);
      const route = found && this.#routeOf(found.batch, found.index);
      if (found === null || route === null) continue;
      this.#claimed ??= new Set();
      this.#claimed.add(offset);
      const delivery = this.#hold(new Delivery(this, set, found.batch, found.index, offset, route));
      if (delivery === null) continue;
      // A death counts as an attempt of the record that was running.
      delivery.attempt = deaths + 1;
      if (deaths >= deathsMax) delivery.report('worker_crash', crashed(deaths), deaths);
      else this.#thread.suspects.add(delivery);
    }
  }

  /** @param slots calls that may be started and stay under way @param until time of the clock to stop at */
  step(slots: number, until: number): StepEnd {
    if (this.blocked) return 'full';
    const runningMax = this.running + slots;
    while (!this.#ready.empty) {
      if (this.running >= runningMax) return 'full';
      this.#ready.shift()!.start();
      if (this.#thread.now > until) return 'time';
    }
    return this.#walkOn(runningMax, until);
  }

  #walkOn(runningMax: number, until: number): StepEnd {
    let passed = 0;
    for (let set = this.#walk[0]; set !== undefined; set = this.#walk[0]) {
      if (!set.atRecord && !this.#advance(set)) {
        this.#walk.shift();
        continue;
      }
      if (!this.#take(set, runningMax)) return 'full';
      set.atRecord = false;
      if (++passed % looksEvery === 0) this.#thread.look();
      if (this.#thread.now > until) return 'time';
    }
    return 'idle';
  }

  /** @returns false when the walk is through with the set */
  #advance(set: SetRun): boolean {
    if (set.released) return false;
    try {
      if (set.advance()) return true;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#halt(set, error.message);
      return false;
    }
    this.#progressed(set);
    return false;
  }

  /** Deals with the record that the walk is at. @returns false when it has to wait for a slot */
  #take(set: SetRun, runningMax: number): boolean {
    const { batch, index, offset, delta } = set;
    if (set.hasFinished && set.progress.isFinished(delta)) return true;
    if (this.#claimed?.delete(offset) === true) return true;
    const route = this.#routeOf(batch, index);
    if (route === null) {
      this.#thread.skipped++;
      this.#finishDelta(set, delta);
      return true;
    }
    // Most records need no key: with no lane there is nothing to wait for.
    let key: string | null | undefined;
    if (this.#lanes.size > 0) {
      key = this.#thread.laneKeyOf(batch, index);
      const lane = key === null ? undefined : this.#lanes.get(key);
      if (lane !== undefined) {
        set.deliveries++;
        lane.append(new Delivery(this, set, batch, index, offset, route));
        return true;
      }
    }
    if (this.running >= runningMax) return false;
    this.#run(set, batch, index, offset, route, key);
    return true;
  }

  #run(
    set: SetRun,
    batch: RecordBatch,
    index: number,
    offset: number,
    route: Route,
    key: string | null | undefined,
  ): void {
    if (route.only === null) {
      this.#hold(new Delivery(this, set, batch, index, offset, route), key)?.start();
      return;
    }
    const outcome = callHandler(this.#thread, this.epoch, set, batch, index, offset, route.type, route.only, 1);
    if (outcome === null) {
      this.#count(route);
      this.#finishDelta(set, set.delta);
    } else {
      this.#hold(new Delivery(this, set, batch, index, offset, route), key)?.adopt(outcome);
    }
  }

  /**
   * Makes the delivery the holder of its lane.
   * @param knownKey undefined when nobody has asked yet @returns null when another one holds it: then it waits behind
   */
  #hold(delivery: Delivery, knownKey?: string | null): Delivery | null {
    delivery.set.deliveries++;
    const key = knownKey === undefined ? this.#thread.laneKeyOf(delivery.batch, delivery.index) : knownKey;
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

  #routeOf(batch: RecordBatch, index: number): Route | null {
    return this.#thread.routes.find(batch, index, eventTypeHeader);
  }

  /** For a delivery: one more call. */
  call(delivery: Delivery, handler: RouteHandler): CallOutcome {
    const { set, batch, index, offset, attempt, route } = delivery;
    return callHandler(this.#thread, this.epoch, set, batch, index, offset, route.type, handler, attempt);
  }

  callStarted(delivery: Delivery, call: HandlerCall): void {
    this.running++;
    delivery.set.callsRunning++;
    this.#thread.callStarted(call);
  }

  /** @returns what it failed of, null for success */
  callSettled(delivery: Delivery, call: HandlerCall, thrown: unknown, failed: boolean): Failure | null {
    this.running--;
    delivery.set.callsRunning--;
    const durationMs = this.#thread.callSettled(call);
    timed(this.#thread, call.handler, call.event, durationMs, failed || call.aborted);
    if (delivery.over) this.attemptOver(delivery);
    this.#thread.hasWork(this);
    return failed ? failureOf(thrown, call.event) : null;
  }

  attemptOver(delivery: Delivery): void {
    this.#thread.suspects.attemptOver(delivery);
  }

  retrying(delivery: Delivery, delayMs: number, failure: Failure): void {
    const { attempt } = delivery;
    this.#thread.post({ kind: 'retrying', place: this.#placeOf(delivery), attempt, delayMs, error: failure.error });
  }

  makeReady(delivery: Delivery): void {
    this.#ready.append(delivery);
    this.#thread.hasWork(this);
  }

  exhausted(delivery: Delivery, reason: DeadLetterReason, failure: Failure, attempts: number): void {
    const { set, batch, index } = delivery;
    set.reported.set(delivery.offset, delivery);
    const record = copyRecord(batch, index);
    const { epoch } = this;
    const { error } = failure;
    const place = this.#placeOf(delivery);
    this.#thread.post({ kind: 'exhausted', set: set.id, epoch, place, attempts, reason, error, record });
  }

  #placeOf(delivery: Delivery): PlaceOfRecord {
    return placeOf(new RecordEvent(delivery.set, delivery.batch, delivery.index, delivery.route.type));
  }

  /** The record is finished: handled, or its outcome is final. The next one of its lane may start. */
  finished(delivery: Delivery, succeeded: boolean): void {
    const { set, lane } = delivery;
    this.#active.delete(delivery);
    set.reported.delete(delivery.offset);
    set.deliveries--;
    if (succeeded) this.#count(delivery.route);
    this.#finishDelta(set, delivery.offset - set.firstOffset);
    if (set.corrupt) this.#giveBackCorrupt(set);
    const next = lane === null ? null : lane.shift();
    if (next !== null) {
      next.lane = lane;
      this.#active.add(next);
      this.makeReady(next);
    } else if (lane !== null) {
      this.#lanes.delete(lane.key);
    }
  }

  #count(route: Route): void {
    this.handled[route.id] = (this.handled[route.id] ?? 0) + 1;
  }

  #finishDelta(set: SetRun, delta: number): void {
    // Progress of a set that was given back belongs to another one by now.
    if (set.released) return;
    set.progress.finish(delta);
    this.#progressed(set);
  }

  #progressed(set: SetRun): void {
    if (set.progress.done) {
      this.#open.delete(set);
      this.#thread.forget(set);
      set.done();
    } else if (!set.unpublished) {
      this.#thread.publishLater(set);
    }
  }

  /** Bytes that do not decode: what was begun may finish, nothing beyond is touched. */
  #halt(set: SetRun, message: string): void {
    this.#halted = true;
    this.#thread.post({ kind: 'corrupt', set: set.id, epoch: this.epoch, offset: set.position, message });
    for (const later of this.#walk.splice(1)) this.#giveUp(later);
    set.corrupt = true;
    this.#giveBackCorrupt(set);
  }

  #giveBackCorrupt(set: SetRun): void {
    if (set.deliveries > 0) return;
    set.progress.publish();
    this.#giveUp(set);
  }

  #giveUp(set: SetRun): void {
    this.#open.delete(set);
    this.#thread.forget(set);
    set.stale();
  }

  /** The epoch is over: running handlers get their signal aborted, nothing more starts, nothing more counts. */
  end(reason: AbortReason): void {
    if (this.#ended) return;
    this.#ended = true;
    const now = this.#thread.look();
    for (const delivery of this.#active) delivery.end(reason, now);
    this.#active.clear();
    this.#ready.clear();
    this.#lanes.clear();
    this.#walk.length = 0;
    for (const set of [...this.#open]) this.#giveUp(set);
    this.#thread.suspects.dropEnded();
  }
}

function crashed(deaths: number): Failure {
  const error = new Error(`the handler thread died ${deaths} times while this record was running`);
  error.name = 'WorkerCrash';
  return { kind: 'thrown', error: toErrorData(error) };
}
