/**
 * One member of one consumer group: what `core/stages.ts` calls `Consumer`. This file joins the parts:
 *
 *   membership ──assigned, revoked, lost──▶ assignment ──partitions──▶ fetcher ──record sets──▶ queue ──▶ recordSets()
 *        ▲                                      │ opened, revoked, lost
 *        └── refused ── commits                 ▼
 *                                             hooks
 *
 *   idle ──recordSets()──▶ running ──signal──▶ ended (still a member: what is in flight finishes) ──leave()──▶ left
 *                             └──error, or the iteration broken off──▶ abandoned
 */
import type { BytesPool } from '../core/bytes-pool.ts';
import type { Clock } from '../core/clock.ts';
import type { Emit } from '../core/events.ts';
import { LoopWait } from '../core/loop-wait.ts';
import type { ProgressPool } from '../core/progress.ts';
import type { Random } from '../core/random.ts';
import type { RecordSet, TopicPartition } from '../core/record-set.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { CommitOffset, CommitReply, Consumer, ConsumerHooks } from '../core/stages.ts';
import type { Cluster } from '../kafka/cluster.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { Assignment } from './assignment.ts';
import { createMembership } from './choose-membership.ts';
import { Coordinator } from './coordinator.ts';
import { Fetcher } from './fetcher.ts';
import { FirstMet } from './first-met.ts';
import type { Membership } from './membership.ts';
import { OffsetCommits } from './offset-commits.ts';
import type { AssignedPartition } from './partition.ts';
import { Positions } from './positions.ts';
import { SetQueue } from './set-queue.ts';

export interface ConsumerOptions {
  readonly group: GroupSettings;
  readonly client: KafkaClient;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** Where the shared memory of record sets comes from. Whoever finishes a set gives its memory back. */
  readonly pool: ProgressPool;
  /** Where the memory of their bytes comes from. It is given back when the thread has answered. */
  readonly bytes: BytesPool;
  /** `shutdown.timeout`: how long a drain may take; less where the group does not wait that long. */
  readonly drainBudgetMs: number;
  /** The first offset that is not read any more; none when missing. */
  readonly endOf?: (partition: TopicPartition) => number;
  readonly hooks: ConsumerHooks;
}

/** Damage on the way is gone the next time; damage that is still there at the third look is in the log (row B4). */
const damagedReadsMax = 3;

/** Connects when `recordSets` is iterated, not before. One consumer serves one run: after an error make another one. */
export function createConsumer(options: ConsumerOptions): Consumer {
  return new GroupConsumer(options);
}

class GroupConsumer implements Consumer {
  readonly #group: string;
  readonly #client: KafkaClient;
  readonly #coordinator: Coordinator;
  readonly #queue: SetQueue;
  readonly #assignment: Assignment;
  readonly #fetcher: Fetcher;
  readonly #membership: Membership;
  readonly #commits: OffsetCommits;

  constructor(options: ConsumerOptions) {
    const { group, client, cluster, clock, hooks, pool } = options;
    const failed = (error: unknown): void => this.#queue.fail(error);
    this.#group = group.name;
    this.#client = client;
    this.#coordinator = new Coordinator(group.name, client, cluster);
    const firstMet = new FirstMet(cluster);
    this.#queue = new SetQueue((set) => pool.give(set.progress));
    this.#assignment = new Assignment({
      ...options,
      group: group.name,
      positions: new Positions({
        ...options,
        coordinator: this.#coordinator,
        firstMet,
        commit: (offsets) => this.#commits.commit(offsets),
        saved: group.offsets === null ? null : (hooks.position ?? null),
      }),
      discard: (gone) => this.#queue.discard(gone),
      arranged: () => this.#fetcher.arrange(),
      failed,
    });
    this.#fetcher = new Fetcher({
      ...options,
      queue: this.#queue,
      partitions: () => this.#assignment.all(),
      hasRoom: (partition) => hooks.hasRoom(partition),
      outOfRange: (partition) => this.#assignment.reset(partition),
      replaced: (partition) => this.#assignment.replaced(partition),
      damaged: (partition, reason) => this.#foundDamaged(partition, partition.position, reason),
      failed,
    });
    this.#membership = createMembership({
      ...options,
      coordinator: this.#coordinator,
      hooks: {
        assigned: (partitions) => this.#assignment.assigned(partitions),
        revoked: (partitions, budgetMs, reason) => this.#assignment.revoked(partitions, budgetMs, reason),
        lost: (partitions) => this.#assignment.lost(partitions),
      },
      commitsAnswered: () => this.#commits.answered(),
    });
    this.#commits = new OffsetCommits({
      coordinator: this.#coordinator,
      membership: this.#membership,
      clock,
      wait: new LoopWait(options.emit, { group: group.name, loop: 'commit' }),
      current: (offset) => this.#assignment.get(offset)?.mayCommit(offset.epoch) === true,
      metadata: (topic) => (group.from === 'latest' ? firstMet.metadata(topic) : null),
      failed,
    });
  }

  async *recordSets(signal: AbortSignal): AsyncIterable<RecordSet> {
    if (signal.aborted) return;
    const end = (): void => this.#queue.end();
    signal.addEventListener('abort', end, { once: true });
    this.#membership.run().catch((error: unknown) => this.#queue.fail(error));
    let ended = false;
    try {
      for (let set = await this.#queue.next(); set !== null; set = await this.#queue.next()) yield set;
      ended = true;
    } finally {
      signal.removeEventListener('abort', end);
      this.#fetcher.stop();
      if (!ended) await this.#abandon();
    }
  }

  wake(): void {
    this.#fetcher.wake();
  }

  commit(offsets: readonly CommitOffset[]): Promise<CommitReply> {
    return this.#commits.commit(offsets);
  }

  reopen(partition: TopicPartition, position: number): number | null {
    return this.#assignment.reopen(partition, position);
  }

  damaged(partition: TopicPartition, offset: number, reason: string): 'again' | 'stopped' {
    const mine = this.#assignment.get(partition);
    return mine === null ? 'stopped' : this.#foundDamaged(mine, offset, reason);
  }

  /** By the fetcher, or by the thread that decodes: either way it is one partition, and one count. */
  #foundDamaged(partition: AssignedPartition, offset: number, reason: string): 'again' | 'stopped' {
    if (partition.foundDamaged(offset) < damagedReadsMax) return 'again';
    this.#assignment.stop(partition, offset, `${reason}; it was read ${damagedReadsMax} times`);
    return 'stopped';
  }

  async leave(budgetMs: number): Promise<boolean> {
    this.#fetcher.stop();
    const finished = await this.#membership.leave(budgetMs);
    await this.#close();
    return finished;
  }

  async #abandon(): Promise<void> {
    await this.#membership.abandon();
    await this.#close();
  }

  async #close(): Promise<void> {
    this.#queue.end();
    this.#assignment.close();
    await Promise.all([this.#coordinator.close(), this.#client.release(`fetch:${this.#group}`)]);
  }
}
