/**
 * Commits how far each partition of a group is done: by time, by count, and when asked to. One request is under way at
 * most; whoever wants another one waits for its answer, so offsets reach Kafka in order.
 *
 *   idle ── interval, everyRecords, flush ──▶ sending ── committed, lost ──▶ idle
 *    ▲                                          │ retry
 *    └──────── backoff over, or flush ◀── backing off
 *
 * Offsets are read in the moment of sending, so nothing of an ended epoch is ever sent, and an answer that comes for an
 * ended epoch changes nothing. Not responsible for what an error code means: the consumer says so in its reply.
 */
import { type Backoff, backoffMs } from '../core/backoff.ts';
import { type Clock, sleep, type Timer } from '../core/clock.ts';
import { toErrorData } from '../core/error-data.ts';
import type { Emit } from '../core/events.ts';
import type { Progress } from '../core/progress.ts';
import type { Random } from '../core/random.ts';
import type { RecordSet, Share, TopicPartition } from '../core/record-set.ts';
import type { CommitSettings } from '../core/settings.ts';
import type { Commit, CommitOffset, CommitReply, Rewound } from '../core/stages.ts';
import { TrackedPartitions } from './tracked-partitions.ts';

export interface CommitOptions {
  readonly group: string;
  readonly settings: CommitSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** Sends one OffsetCommit. */
  readonly commit: (offsets: readonly CommitOffset[]) => Promise<CommitReply>;
  /** Gets the progress memory of a set that is not followed any more; its thread may still hold it. */
  readonly release: (progress: Progress) => void;
  /** How long `flush` goes on trying. Default 5 s: the partitions wait for it in the middle of a rebalance. */
  readonly flushBudgetMs?: number;
}

/** Commits by count come no closer than this: with small batches they would be most of what the broker does. */
const countSpacingMs = 100;
const retryBackoff: Backoff = { baseDelayMs: 100, maxDelayMs: 5_000, jitter: 0.2 };
const defaultFlushBudgetMs = 5_000;

export function createCommit(options: CommitOptions): Commit {
  return new Committer(options);
}

class Committer implements Commit {
  readonly #options: CommitOptions;
  readonly #partitions: TrackedPartitions;
  /** The request under way; never rejects. */
  #sending: Promise<CommitReply> | null = null;
  #failures = 0;
  /** Clock times: no commit by count before the first, none at all but a flush before the second. */
  #countFrom = 0;
  #retryFrom = 0;
  #interval: Timer | null = null;
  /** One wake-up for commits that are due but came too early. */
  #soon: Timer | null = null;

  constructor(options: CommitOptions) {
    this.#options = options;
    this.#partitions = new TrackedPartitions(options.release);
  }

  open(share: Share, epoch: number, position: number): void {
    this.#partitions.open(share, epoch, position);
    if (this.#interval === null) this.#startInterval();
  }

  track(set: RecordSet): void {
    this.#partitions.track(set);
  }

  progressed(): void {
    if (this.#soon !== null) return;
    const waitMs = Math.max(this.#countFrom, this.#retryFrom) - this.#options.clock.now();
    if (waitMs <= 0) this.#commitByCount();
    else this.#wakeIn(waitMs, () => this.#commitByCount());
  }

  async flush(partitions: readonly TopicPartition[]): Promise<void> {
    const { clock, random, flushBudgetMs = defaultFlushBudgetMs } = this.#options;
    const deadline = clock.now() + flushBudgetMs;
    for (let failures = 0; ; ) {
      if (this.#sending !== null) {
        if ((await within(clock, deadline, this.#sending)) === null) return;
        continue; // somebody else may have been woken first and be sending again
      }
      const offsets = this.#partitions.due(partitions);
      if (offsets.length === 0) return;
      const reply = await within(clock, deadline, this.#send(offsets));
      if (reply === null || reply.kind === 'lost') return;
      if (reply.kind === 'committed') continue;
      const delayMs = backoffMs(retryBackoff, failures++, random);
      if (clock.now() + delayMs >= deadline) return;
      await sleep(clock, delayMs);
    }
  }

  rewind(share: Share): Rewound | null {
    return this.#partitions.rewind(share);
  }

  forget(partitions: readonly TopicPartition[]): void {
    this.#partitions.forget(partitions);
  }

  stop(): void {
    this.#interval?.cancel();
    this.#soon?.cancel();
    this.#partitions.clear(); // so nothing is due any more
  }

  #startInterval(): void {
    this.#interval = this.#options.clock.after(this.#options.settings.intervalMs, () => {
      this.#startInterval();
      if (this.#options.clock.now() >= this.#retryFrom) this.#commitAll();
    });
  }

  #wakeIn(delayMs: number, run: () => void): void {
    this.#soon?.cancel();
    this.#soon = this.#options.clock.after(delayMs, () => {
      this.#soon = null;
      run();
    });
  }

  #commitByCount(): void {
    if (this.#partitions.dueCount >= this.#options.settings.everyRecords) this.#commitAll();
  }

  #commitAll(): void {
    if (this.#sending !== null) return;
    const offsets = this.#partitions.due();
    if (offsets.length > 0) void this.#send(offsets);
  }

  /** Only while nothing is under way. */
  #send(offsets: readonly CommitOffset[]): Promise<CommitReply> {
    this.#countFrom = this.#options.clock.now() + countSpacingMs;
    this.#sending = this.#options
      .commit(offsets)
      // The consumer turns what it knows into replies; anything else says nothing about the offsets: they stay due.
      .catch((error: unknown): CommitReply => ({ kind: 'retry', reason: toErrorData(error).message }))
      .then((reply) => {
        this.#sending = null;
        this.#take(reply, offsets);
        return reply;
      });
    return this.#sending;
  }

  #take(reply: CommitReply, offsets: readonly CommitOffset[]): void {
    const { group, clock, emit, random } = this.#options;
    switch (reply.kind) {
      case 'committed':
        this.#failures = 0;
        this.#retryFrom = 0;
        this.#partitions.acknowledge(offsets);
        emit('offsets.committed', { group, offsets });
        return;
      case 'retry': {
        emit('commit.failed', { group, message: reply.reason, retryable: true });
        const delayMs = backoffMs(retryBackoff, this.#failures++, random);
        this.#retryFrom = clock.now() + delayMs;
        // Sooner than the interval, which may be long; not for partitions that are gone meanwhile.
        if (this.#partitions.dueCount > 0) this.#wakeIn(delayMs, () => this.#commitAll());
        return;
      }
      case 'lost':
        emit('commit.failed', { group, message: reply.reason, retryable: false });
        this.#partitions.fence(offsets);
        return;
      default:
        reply satisfies never;
    }
  }
}

/** @returns null when the deadline (clock time) came first */
async function within<T>(clock: Clock, deadline: number, promise: Promise<T>): Promise<T | null> {
  const over = new AbortController();
  const timeout = sleep(clock, Math.max(0, deadline - clock.now()), over.signal).then(() => null);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    over.abort();
  }
}
