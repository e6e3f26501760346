/**
 * All partitions of one thread, as the main thread speaks of them: record sets and messages come in, counts go out. It
 * does not know whether it runs in a thread at all.
 *
 *   partition   epoch 3 (runner) ── record set of epoch 4 ──▶ epoch 4 (runner), which waits for the calls of 3
 *                    │
 *                    └── closed ──▶ `closedEpoch` 3: sets of epoch 3 and older come too late, they are stale
 */
import type { Clock, Timer } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { partitionKey } from '../core/record-set.ts';
import type { FromThread, RecordsTask, SetDone, ThreadStart, ToThread } from '../core/thread-messages.ts';
import { ThreadPulse } from '../core/thread-pulse.ts';
import type { HandlerModule } from './check-handlers.ts';
import { type Dedupe, deduplicated } from './dedupe.ts';
import type { Shapes } from './event-shapes.ts';
import { laneKeyOf } from './lane-key.ts';
import { PartitionRunner, type PartitionThread } from './partition-runner.ts';
import { Publisher } from './publisher.ts';
import { Routes } from './routes.ts';
import { RunningCalls } from './running-calls.ts';
import { Schedule } from './schedule.ts';
import { SetRun } from './set-run.ts';
import { Suspects } from './suspects.ts';
import { takeTally } from './thread-tally.ts';

const tallyMs = 1000;

export interface ThreadRunnerOptions {
  readonly start: ThreadStart;
  readonly modules: readonly HandlerModule[];
  readonly shapes: Shapes;
  /** Missing: every record is handled. */
  readonly dedupe?: Dedupe | null;
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
  readonly #thread: PartitionThread;
  readonly #clock: Clock;
  readonly #post: (message: FromThread) => void;
  readonly #dedupe: Dedupe | null;
  readonly #publisher: Publisher;
  readonly #slots = new Map<string, Slot>();
  /** Sets that are not given back: messages about others have no effect any more. */
  readonly #sets = new Map<number, SetRun>();
  #tallyTimer: Timer | null = null;

  constructor({ start, modules, shapes, dedupe = null, post, clock, random, newId }: ThreadRunnerOptions) {
    this.#clock = clock;
    this.#post = post;
    this.#dedupe = dedupe;
    this.#publisher = new Publisher(post);
    const { group, logLevel, maxRunning } = start;
    const services = { group: group.name, logLevel, clock, publisher: this.#publisher, post, newId };
    const calls = new RunningCalls(services, group.timeouts.slowMs, new ThreadPulse(start.pulse));
    const suspects = new Suspects();
    this.#thread = {
      group,
      clock,
      random,
      routes: new Routes(deduplicated(modules, dedupe), group.schemas, shapes),
      laneKeyOf: laneKeyOf(group.concurrency),
      suspects,
      calls,
      schedule: new Schedule({ clock, calls, suspects, maxRunning, passed: () => this.#tallySoon() }),
    };
  }

  /** @returns when every record of the set is finished, or its epoch is over */
  run(task: RecordsTask): Promise<SetDone> {
    const slot = this.#slotOf(task);
    if (task.epoch <= slot.closedEpoch) return Promise.resolve({ kind: 'stale', bytes: task.bytes });
    if (slot.runner === null || slot.runner.epoch < task.epoch) {
      slot.closedEpoch = task.epoch - 1;
      slot.runner?.end('lost');
      slot.runner = new PartitionRunner(this.#thread, task, task.epoch, slot.runner);
    }
    if (slot.runner.closed) return Promise.resolve({ kind: 'stale', bytes: task.bytes });
    return new Promise((resolve) => {
      const set = new SetRun(
        task,
        this.#thread.group.fetch.maxDecompressedBytes,
        this.#thread.routes.header,
        (done) => {
          this.#sets.delete(task.id);
          resolve(done);
        },
      );
      this.#sets.set(task.id, set);
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
        this.#dedupe?.forget(message);
        // A drain needs nothing else: what was handed over is worked on anyway, and no more comes.
        if (message.mode === 'abort') this.#close(message);
        return;
      case 'end':
        void this.end();
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

  /**
   * Ends every partition and reports what was counted.
   * @returns when no handler is under way, but for those that went on for too long after their abort
   */
  end(): Promise<void> {
    for (const slot of this.#slots.values()) {
      slot.closedEpoch = Number.POSITIVE_INFINITY;
      slot.runner?.end('shutdown');
    }
    this.#tally();
    return this.#thread.calls.quiet();
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

  #tallySoon(): void {
    this.#tallyTimer ??= this.#clock.after(tallyMs, () => this.#tally());
  }

  #tally(): void {
    this.#tallyTimer?.cancel();
    this.#tallyTimer = null;
    const runners = [...this.#slots.values()].flatMap((slot) => slot.runner ?? []);
    const tally = takeTally(runners, this.#thread.routes, this.#dedupe?.takeDuplicates() ?? 0);
    if (tally !== null) this.#post({ kind: 'tally', tally });
  }
}
