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
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { FromThread, RecordsTask, SetDone, ThreadStart, ToThread } from '../core/thread-messages.ts';
import { ThreadPulse } from '../core/thread-pulse.ts';
import type { HandlerModule } from './check-handlers.ts';
import { type Dedupe, deduplicated } from './dedupe.ts';
import type { Shapes } from './event-shapes.ts';
import { laneKeyOf } from './lane-key.ts';
import { ownShare } from './own-share.ts';
import { followPartitions, PartitionLife } from './partition-life.ts';
import { PartitionRunner, type PartitionThread } from './partition-runner.ts';
import { Publisher } from './publisher.ts';
import { Routes } from './routes.ts';
import { RunningCalls } from './running-calls.ts';
import { Schedule } from './schedule.ts';
import { SetRun } from './set-run.ts';
import { Suspects } from './suspects.ts';
import { takeTally } from './thread-tally.ts';

/** How old the counts of a busy thread get before they are told: a few messages a second, and figures that are fresh. */
const tallyMs = 100;

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
  /** Of the runner's epoch; null where no module follows partitions. */
  life: PartitionLife | null;
  /** Record sets of this epoch or an older one come too late. */
  closedEpoch: number;
}

export class ThreadRunner {
  readonly #thread: PartitionThread;
  readonly #clock: Clock;
  readonly #post: (message: FromThread) => void;
  readonly #dedupe: Dedupe | null;
  readonly #modules: readonly HandlerModule[];
  readonly #followsPartitions: boolean;
  readonly #publisher: Publisher;
  readonly #slots = new Map<string, Slot>();
  /** Sets that are not given back: messages about others have no effect any more. */
  readonly #sets = new Map<number, SetRun>();
  #tallyTimer: Timer | null = null;

  constructor({ start, modules, shapes, dedupe = null, post, clock, random, newId }: ThreadRunnerOptions) {
    this.#clock = clock;
    this.#post = post;
    this.#dedupe = dedupe;
    this.#modules = modules;
    this.#followsPartitions = followPartitions(modules);
    this.#publisher = new Publisher(post);
    const { group, logLevel, maxRunning } = start;
    const { outbound = null } = shapes;
    const services = {
      ...{ group: group.name, replay: group.replay === true, logLevel, clock, post, newId },
      ...{ publisher: this.#publisher, outbound },
    };
    const calls = new RunningCalls(services, group.timeouts.slowMs, new ThreadPulse(start.pulse));
    const suspects = new Suspects();
    this.#thread = {
      group,
      clock,
      random,
      routes: new Routes(deduplicated(modules, dedupe, post), group.schemas, shapes),
      laneKeyOf: laneKeyOf(group.concurrency),
      ownShare: ownShare(start),
      suspects,
      calls,
      schedule: new Schedule({ clock, calls, suspects, maxRunning, passed: () => this.#tallySoon() }),
    };
  }

  /** @returns when every record of the set is finished, or its epoch is over */
  run(task: RecordsTask): Promise<SetDone> {
    const runner = this.#open(task);
    if (runner === null || runner.closed) return Promise.resolve({ kind: 'stale', bytes: task.bytes });
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
      runner.add(set, task.opening);
    });
  }

  /** @returns the runner of the epoch; null where that is over */
  #open({ topic, partition, epoch }: TopicPartition & { readonly epoch: number }): PartitionRunner | null {
    const slot = this.#slotOf({ topic, partition });
    if (epoch <= slot.closedEpoch) return null;
    if (slot.runner !== null && slot.runner.epoch >= epoch) return slot.runner;
    slot.closedEpoch = epoch - 1;
    slot.runner?.end('lost');
    slot.life?.close('lost');
    const runner = new PartitionRunner(this.#thread, { topic, partition }, epoch, slot.runner);
    slot.runner = runner;
    if (!this.#followsPartitions) return runner;
    slot.life = new PartitionLife({
      place: { topic, partition, epoch },
      modules: this.#modules,
      group: this.#thread.group,
      services: this.#thread.calls.services,
      random: this.#thread.random,
      before: slot.life?.over ?? null,
      becameReady: () => runner.becameReady(),
      quiet: () => runner.quiet(),
    });
    runner.follow(slot.life);
    return runner;
  }

  receive(message: ToThread): void {
    switch (message.kind) {
      case 'settled':
        this.#sets.get(message.set)?.reported.get(message.offset)?.settle();
        return;
      case 'published':
        this.#publisher.settle(message.request, message.result);
        return;
      case 'open':
        this.#open(message);
        return;
      case 'close':
        this.#dedupe?.forget(message);
        this.#close(message);
        return;
      case 'position':
        return; // No matter of running records: `worker-host.ts` answers.
      case 'end':
        void this.end();
        return;
      default:
        message satisfies never;
    }
  }

  /** A drain needs nothing for records: what was handed over is worked on anyway, and no more comes. */
  #close({ epoch, mode, reason, ...place }: Extract<ToThread, { readonly kind: 'close' }>): void {
    const slot = this.#slotOf(place);
    if (mode === 'drain' && slot.life === null) return;
    slot.closedEpoch = Math.max(slot.closedEpoch, epoch);
    if (slot.runner === null || slot.runner.epoch > epoch) return;
    if (mode === 'drain') {
      slot.life?.close(reason);
      return;
    }
    slot.runner.end(reason);
    slot.life?.abort(reason);
  }

  /**
   * Ends every partition and reports what was counted.
   * @returns when no handler is under way, but for those that went on for too long after their abort
   */
  end(): Promise<void> {
    for (const slot of this.#slots.values()) {
      slot.closedEpoch = Number.POSITIVE_INFINITY;
      slot.runner?.end('shutdown');
      slot.life?.abort('lost'); // what was not drained is not committed any more
    }
    this.#tally();
    return this.#quiet();
  }

  async #quiet(): Promise<void> {
    await this.#thread.calls.quiet();
    // Behind a call that was given up, `onRevoked` would wait for ever.
    const lives = [...this.#slots.values()].flatMap(({ runner, life }) => (runner?.working ? [] : (life ?? [])));
    await Promise.all(lives.map((life) => life.over));
  }

  #slotOf(place: { readonly topic: string; readonly partition: number }): Slot {
    const key = partitionKey(place);
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = { runner: null, life: null, closedEpoch: -1 };
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
