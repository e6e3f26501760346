/**
 * One partition under one epoch: walks its record sets in order, runs straight through what can be, and puts what cannot
 * into lanes.
 *
 *   record ──▶ finished before, another thread's, filtered, no handler? ──▶ finished
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
import type { GroupSettings } from '../core/settings.ts';
import type { AbortReason, Opening } from '../core/thread-messages.ts';
import { ProtocolError } from '../protocol/reader.ts';
import type { RecordBatch } from '../protocol/records/record-batch.ts';
import { callHandler } from './call-handler.ts';
import { Deliveries } from './deliveries.ts';
import type { Delivery } from './delivery.ts';
import type { LaneKeyOf } from './lane-key.ts';
import { OpenSets } from './open-sets.ts';
import type { OwnShare } from './own-share.ts';
import type { PartitionLife } from './partition-life.ts';
import { Reopened } from './reopened.ts';
import type { Failure } from './retry-decision.ts';
import type { Route, Routes } from './routes.ts';
import type { RunningCalls } from './running-calls.ts';
import type { Schedule, Scheduled, StepEnd } from './schedule.ts';
import type { SetRun } from './set-run.ts';
import type { Suspects } from './suspects.ts';
import { countHandled } from './thread-tally.ts';

/** What all partitions of a thread share. */
export interface PartitionThread {
  readonly group: GroupSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly routes: Routes;
  readonly laneKeyOf: LaneKeyOf;
  /** Null: all records are. */
  readonly ownShare: OwnShare | null;
  readonly suspects: Suspects;
  readonly calls: RunningCalls;
  readonly schedule: Schedule;
}

const deathsMax = 3; // a record that was running at so many deaths of its thread is given up (guarantees: worker exit)
const looksEvery = 256; // records passed without a call between two looks at the clock

export class PartitionRunner implements TopicPartition, Scheduled {
  readonly topic: string;
  readonly partition: number;
  readonly epoch: number;
  /** Records handled since the last tally, by `Route.id`. */
  readonly handled: number[];
  readonly #thread: PartitionThread;
  readonly #calls: RunningCalls;
  readonly #routes: Routes;
  readonly #sets: OpenSets;
  readonly #deliveries: Deliveries;
  #former: PartitionRunner | null;
  /** Set where modules follow partitions: records run only while it is ready. */
  #life: PartitionLife | null = null;
  /** They start as soon as the life is ready. */
  readonly #suspects: Delivery[] = [];
  #quiet: (() => void) | null = null;
  #reopened: Reopened | null = null;
  #ended = false;
  #halted = false;

  /** @param former the runner of an earlier epoch, whose calls may be under way still */
  constructor(thread: PartitionThread, place: TopicPartition, epoch: number, former: PartitionRunner | null) {
    this.topic = place.topic;
    this.partition = place.partition;
    this.epoch = epoch;
    this.handled = former?.handled ?? [];
    this.#thread = thread;
    this.#calls = thread.calls;
    this.#routes = thread.routes;
    this.#former = former;
    this.#sets = new OpenSets((set) => thread.schedule.publishLater(set));
    this.#deliveries = new Deliveries({
      ...thread,
      epoch,
      limits: thread.group.retry,
      sets: this.#sets,
      handled: this.handled,
      hasWork: () => {
        thread.schedule.hasWork(this);
        this.#tellQuiet();
      },
      skipped: () => this.#skip(),
    });
  }

  /** Nothing more of this epoch is taken: it has ended, or its bytes are corrupt. */
  get closed(): boolean {
    return this.#ended || this.#halted;
  }

  /** One key never runs twice at once, also across epochs: handlers of an earlier one settle first. */
  get blocked(): boolean {
    if (this.#life?.ready === false) return true;
    if (this.#former === null) return false;
    if (this.#former.working) return true;
    this.#former = null;
    return false;
  }

  /** Calls are under way, of this epoch or of an earlier one. */
  get working(): boolean {
    return this.#deliveries.running > 0 || this.#former?.working === true;
  }

  /** Before any record is added. */
  follow(life: PartitionLife): void {
    this.#life = life;
  }

  /** The life is ready. */
  becameReady(): void {
    for (const delivery of this.#suspects.splice(0)) this.#thread.suspects.add(delivery);
    this.#thread.schedule.hasWork(this);
  }

  /** Resolves when no call is under way; asked for when no more is started. */
  quiet(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#quiet = resolve;
    this.#tellQuiet();
    return promise;
  }

  #tellQuiet(): void {
    if (this.#deliveries.running === 0) this.#quiet?.();
  }

  add(set: SetRun, opening: Opening | null): void {
    if (opening !== null) this.#reopened = new Reopened(opening);
    this.#sets.add(set);
    if (this.#reopened !== null) this.#resume(set, this.#reopened);
    this.#thread.schedule.hasWork(this);
  }

  /** At once, not when the walk comes by: the thread may die again before. */
  #resume(set: SetRun, reopened: Reopened): void {
    for (const offset of reopened.takeFinished(set)) {
      set.hasFinished = true;
      this.#sets.finish(set, offset - set.firstOffset);
    }
    // Each was at the head of its lane when its thread died, so no earlier record of its key is left.
    for (const [offset, deaths] of reopened.takeSuspects(set)) {
      const found = set.find(offset);
      const route = found && this.#routes.find(found.batch, found.index, this.topic);
      if (found === null || route === null) continue;
      reopened.claim(offset);
      const delivery = this.#deliveries.hold(set, found.batch, found.index, offset, route);
      if (delivery === null) continue;
      // A death counts as an attempt of the record that was running.
      delivery.attempt = deaths + 1;
      if (deaths >= deathsMax) delivery.report('worker_crash', crashed(deaths), deaths);
      else if (this.#life?.ready === false) this.#suspects.push(delivery);
      else this.#thread.suspects.add(delivery);
    }
  }

  step(slots: number, until: number): StepEnd {
    if (this.blocked) return 'full';
    const runningMax = this.#deliveries.running + slots;
    return this.#deliveries.startReady(runningMax, until) ?? this.#walkOn(runningMax, until);
  }

  #walkOn(runningMax: number, until: number): StepEnd {
    let passed = 0;
    for (let set = this.#sets.walked; set !== undefined; set = this.#sets.walked) {
      if (!set.atRecord && !this.#advance(set)) {
        this.#sets.leave();
        continue;
      }
      if (!this.#take(set, runningMax)) return 'full';
      set.atRecord = false;
      if (++passed % looksEvery === 0) this.#calls.look();
      if (this.#calls.now > until) return 'time';
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
    this.#sets.progressed(set);
    return false;
  }

  /** Deals with the record that the walk is at. @returns false when it has to wait for a slot */
  #take(set: SetRun, runningMax: number): boolean {
    const { batch, index, offset, delta } = set;
    if (set.hasFinished && set.progress.isFinished(delta)) return true;
    if (this.#reopened?.takeClaim(offset) === true) return true;
    const { ownShare, laneKeyOf } = this.#thread;
    let key: string | null | undefined;
    if (ownShare !== null) {
      key = laneKeyOf(batch, index);
      if (!ownShare(key, offset)) {
        this.#sets.finish(set, delta);
        return true;
      }
    }
    const route = this.#routes.find(batch, index, this.topic);
    if (route === null) {
      this.#skip();
      this.#sets.finish(set, delta);
      return true;
    }
    // Most records need no key: with no lane there is nothing to wait for.
    if (this.#deliveries.hasLanes) {
      if (key === undefined) key = laneKeyOf(batch, index);
      if (this.#deliveries.append(key, set, batch, index, offset, route)) return true;
    }
    if (this.#deliveries.running >= runningMax) return false;
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
      this.#deliveries.hold(set, batch, index, offset, route, key)?.start();
      return;
    }
    const outcome = callHandler(this.#calls, this.epoch, set, batch, index, offset, route.type, route.only, 1);
    if (outcome === null) {
      countHandled(this.handled, route);
      this.#sets.finish(set, set.delta);
    } else {
      set.progress.leave();
      this.#deliveries.hold(set, batch, index, offset, route, key)?.adopt(outcome);
    }
  }

  #skip(): void {
    this.#routes.skipped++;
  }

  /** Bytes that do not decode end the partition here, until somebody has looked after them. */
  #halt(set: SetRun, message: string): void {
    this.#halted = true;
    const { epoch } = this;
    this.#calls.services.post({ kind: 'corrupt', set: set.id, epoch, offset: set.position, message });
    this.#sets.halt(set);
  }

  /** The epoch is over: running handlers get their signal aborted, nothing more starts, nothing more counts. */
  end(reason: AbortReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#deliveries.end(reason, this.#calls.look());
    if (reason !== 'lost') this.#passOver();
    this.#sets.end();
    this.#thread.suspects.dropEnded();
  }

  /** What another thread has done behind records that this one did not come to counts for the last commit. */
  #passOver(): void {
    const { ownShare, laneKeyOf } = this.#thread;
    if (ownShare === null) return;
    for (let set = this.#sets.walked; set !== undefined; set = this.#sets.walked) {
      for (; set.atRecord || this.#advance(set); set.atRecord = false) {
        if (!ownShare(laneKeyOf(set.batch, set.index), set.offset)) this.#sets.finish(set, set.delta);
      }
      this.#sets.leave();
    }
  }
}

function crashed(deaths: number): Failure {
  const error = new Error(`the handler thread died ${deaths} times while this record was running`);
  error.name = 'WorkerCrash';
  return { kind: 'thrown', error: toErrorData(error) };
}
