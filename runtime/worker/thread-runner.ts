/**
 * All partitions of one thread: shares the slots for running calls among them, gives way to the event loop, and speaks
 * with the main thread. It does not know whether it runs in a thread at all.
 *
 *   kick ──one turn of the loop──▶ pass: suspects alone, else every partition with work in turn, at most `sliceMs`
 *     ▲                              │ then progress is published
 *     └── time was over, a call settled, a retry is due, a record set came
 */
import type { Clock, Timer } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { partitionKey } from '../core/record-set.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { FromThread, RecordsTask, SetDone, ThreadStart, ToThread } from '../core/thread-messages.ts';
import { ThreadPulse } from '../core/thread-pulse.ts';
import type { CallServices } from './call-context.ts';
import type { HandlerModule } from './check-handlers.ts';
import { Deadlines } from './deadlines.ts';
import type { HandlerCall } from './handler-call.ts';
import { type LaneKeyOf, laneKeyOf } from './lane-key.ts';
import { PartitionRunner } from './partition-runner.ts';
import { Publisher } from './publisher.ts';
import { Routes } from './routes.ts';
import { SetRun } from './set-run.ts';
import { Suspects } from './suspects.ts';
import { takeTally } from './thread-tally.ts';

const sliceMs = 4; // between two turns of the loop; measured: timers of a busy thread stay within 5 ms
const tallyMs = 1000;

export interface ThreadRunnerOptions {
  readonly start: ThreadStart;
  readonly modules: readonly HandlerModule[];
  readonly post: (message: FromThread) => void;
  readonly clock: Clock;
  readonly random: Random;
  /** Makes a uuid. */
  readonly newId: () => string;
}

/** A partition as this thread knows it, over all its epochs. */
interface Slot {
  runner: PartitionRunner | null;
  /** Record sets of this epoch or an older one come too late. */
  closedEpoch: number;
}

export class ThreadRunner {
  readonly group: GroupSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly post: (message: FromThread) => void;
  readonly routes: Routes;
  readonly laneKeyOf: LaneKeyOf;
  readonly services: CallServices;
  readonly suspects = new Suspects();
  /** Milliseconds of the clock at the last look: one look serves the end of a call and the start of the next one. */
  now: number;
  /** Records that no handler wanted, since the last tally. */
  skipped = 0;
  readonly #maxRunning: number;
  readonly #pulse: ThreadPulse;
  readonly #publisher: Publisher;
  readonly #deadlines: Deadlines;
  readonly #slots = new Map<string, Slot>();
  readonly #sets = new Map<number, SetRun>();
  readonly #busy = new Set<PartitionRunner>();
  readonly #unpublished: SetRun[] = [];
  #running = 0;
  #kicked = false;
  #runningSet = 0;
  #tallyTimer: Timer | null = null;

  constructor(options: ThreadRunnerOptions) {
    const { start, clock, post } = options;
    this.group = start.group;
    this.clock = clock;
    this.random = options.random;
    this.post = post;
    this.now = clock.now();
    this.#maxRunning = start.maxRunning;
    this.#pulse = new ThreadPulse(start.pulse);
    this.#publisher = new Publisher(post);
    this.#deadlines = new Deadlines(clock, (call, now) => this.#tooLong(call, now));
    this.routes = new Routes(options.modules);
    this.laneKeyOf = laneKeyOf(start.group.concurrency);
    this.services = {
      group: start.group.name,
      logLevel: start.logLevel,
      clock,
      publisher: this.#publisher,
      post,
      newId: options.newId,
    };
  }

  /** @returns when every record of the set is finished, or its epoch is over */
  run(task: RecordsTask): Promise<SetDone> {
    const slot = this.#slotOf(task);
    if (task.epoch <= slot.closedEpoch) return Promise.resolve({ kind: 'stale', bytes: task.bytes });
    if (slot.runner === null || slot.runner.epoch < task.epoch) {
      slot.closedEpoch = task.epoch - 1;
      slot.runner?.end('lost');
      slot.runner = new PartitionRunner(this, task, task.epoch, slot.runner);
    }
    if (slot.runner.closed) return Promise.resolve({ kind: 'stale', bytes: task.bytes });
    return new Promise((resolve) => {
      const set = new SetRun(task, this.group.fetch.maxDecompressedBytes, resolve);
      this.#sets.set(set.id, set);
      slot.runner?.add(set, task.opening);
    });
  }

  receive(message: ToThread): void {
    switch (message.kind) {
      case 'settled':
        this.#sets.get(message.set)?.reported.get(message.offset)?.settle();
        return;
      case 'published':
        this.#publisher.settle(message.request, message.result);
        return;
      case 'close':
        // A drain needs nothing here: what was handed over is worked on anyway, and no more comes.
        if (message.mode === 'abort') this.#close(message);
        return;
      case 'end':
        this.end();
        return;
      default:
        message satisfies never;
    }
  }

  #close(message: Extract<ToThread, { readonly kind: 'close' }>): void {
    const slot = this.#slotOf(message);
    slot.closedEpoch = Math.max(slot.closedEpoch, message.epoch);
    if (slot.runner !== null && slot.runner.epoch <= message.epoch) slot.runner.end(message.reason);
  }

  /** Ends every partition and reports what was counted. */
  end(): void {
    for (const slot of this.#slots.values()) {
      slot.closedEpoch = Number.POSITIVE_INFINITY;
      slot.runner?.end('shutdown');
    }
    this.#tally();
  }

  #slotOf(place: { readonly topic: string; readonly partition: number }): Slot {
    const key = partitionKey(place);
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = { runner: null, closedEpoch: -1 };
      this.#slots.set(key, slot);
    }
    return slot;
  }

  /** The partition has something to do: a record set, a retry that is due, a lane that moved on. */
  hasWork(runner: PartitionRunner): void {
    this.#busy.add(runner);
    this.#kick();
  }

  #kick(): void {
    if (this.#kicked) return;
    this.#kicked = true;
    void this.clock.turn().then(() => {
      this.#kicked = false;
      this.#pass();
    });
  }

  #pass(): void {
    const until = this.look() + sliceMs;
    if (this.suspects.pending) this.suspects.proceed(() => this.#running);
    if (!this.suspects.pending && this.#share(until)) this.#kick();
    for (const set of this.#unpublished) {
      set.unpublished = false;
      if (!set.released) set.progress.publish();
    }
    this.#unpublished.length = 0;
    this.#enter(0);
    this.#tallyTimer ??= this.clock.after(tallyMs, () => this.#tally());
  }

  /** Gives every partition with work its share of the free slots. @returns whether time was over before the work was */
  #share(until: number): boolean {
    for (let started = true; started; ) {
      started = false;
      for (const runner of [...this.#busy]) {
        const before = this.#running;
        const slots = Math.ceil((this.#maxRunning - before) / this.#busy.size);
        const end = runner.step(slots, until);
        if (end === 'idle') this.#busy.delete(runner);
        if (end === 'time') {
          // To the end of the row: the others come first next time.
          this.#busy.delete(runner);
          this.#busy.add(runner);
          return true;
        }
        started ||= this.#running > before;
      }
    }
    return false;
  }

  /** @returns the time, which is also kept in `now` */
  look(): number {
    this.now = this.clock.now();
    return this.now;
  }

  /** A call of this record set goes onto the stack. */
  enter(set: number): void {
    if (set !== this.#runningSet) this.#enter(set);
  }

  #enter(set: number): void {
    this.#runningSet = set;
    this.#pulse.setRunning(set);
  }

  callStarted(call: HandlerCall): void {
    this.#running++;
    this.#deadlines.add(call);
  }

  /** @returns how long the call took, in milliseconds */
  callSettled(call: HandlerCall): number {
    this.#running--;
    this.#deadlines.remove(call);
    return this.look() - call.startedAt;
  }

  #tooLong(call: HandlerCall, now: number): void {
    if (!call.aborted) {
      call.abort('timeout', now);
      return;
    }
    // It may run for ever, holding its key and a slot; only a new thread gets rid of it.
    this.#deadlines.remove(call);
    const { file, timeoutMs } = call.handler;
    const reason = `${file}: a handler of "${call.event.type}" went on for ${timeoutMs} ms after its signal was aborted`;
    this.post({ kind: 'tainted', reason });
  }

  publishLater(set: SetRun): void {
    set.unpublished = true;
    this.#unpublished.push(set);
  }

  /** The set is finished or given up: messages about it have no effect any more. */
  forget(set: SetRun): void {
    this.#sets.delete(set.id);
  }

  #tally(): void {
    this.#tallyTimer?.cancel();
    this.#tallyTimer = null;
    const runners = [...this.#slots.values()].flatMap((slot) => slot.runner ?? []);
    const tally = takeTally(runners, this.routes, this.skipped);
    this.skipped = 0;
    if (tally !== null) this.post({ kind: 'tally', tally });
  }
}
