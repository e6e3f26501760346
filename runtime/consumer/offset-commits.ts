/**
 * Sends one OffsetCommit under the current membership and says what its answer means for the committer. Offsets of an
 * epoch that has ended are left out before anything is sent, and again before it is sent a second time.
 */
import { type Clock, sleep } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import type { LoopWait } from '../core/loop-wait.ts';
import type { CommitOffset, CommitReply } from '../core/stages.ts';
import { zeroUuid } from '../protocol/codec.ts';
import { kafkaErrorName } from '../protocol/error-codes.ts';
import { offsetCommit } from '../protocol/offset-commit.ts';
import type { Coordinator } from './coordinator.ts';
import { actionFor, type ErrorAction, fatalError } from './error-actions.ts';
import type { Membership } from './membership.ts';

/** Between two tries while the group is between two generations. */
const againMs = 100;

export interface OffsetCommitsOptions {
  readonly coordinator: Coordinator;
  readonly membership: Pick<Membership, 'identity' | 'hurry' | 'refused'>;
  readonly clock: Clock;
  readonly wait: LoopWait;
  /** Whether the epoch of the offset is still the partition's, and it may be committed. */
  readonly current: (offset: CommitOffset) => boolean;
  readonly failed: (error: KafkaError) => void;
}

export class OffsetCommits {
  readonly #options: OffsetCommitsOptions;

  constructor(options: OffsetCommitsOptions) {
    this.#options = options;
  }

  async commit(offsets: readonly CommitOffset[]): Promise<CommitReply> {
    const first = await this.#try(offsets);
    if (first !== 'drain') return first;
    // The group is between two generations: the heartbeat finds out, and ours may be accepted a moment later.
    this.#options.membership.hurry();
    await sleep(this.#options.clock, againMs);
    const second = await this.#try(offsets);
    if (second !== 'drain') return second;
    return this.#lost('lost', 'the group rebalances without us');
  }

  async #try(offsets: readonly CommitOffset[]): Promise<CommitReply | 'drain'> {
    const { membership, coordinator, current, wait } = this.#options;
    // Looking for the coordinator counts: while it is not found, nothing is committed.
    if (membership.identity !== null && offsets.some(current)) wait.began('no commit was accepted');
    try {
      // Looking for the coordinator takes time, in which partitions may be lost: look at them afterwards.
      await coordinator.find();
      const member = membership.identity;
      const mine = member === null ? [] : offsets.filter(current);
      if (member === null || mine.length === 0) {
        // A member that goes on with other partitions may have nothing to commit for long, and waits for nothing then.
        if (member !== null) wait.over();
        return { kind: 'lost', reason: 'the partitions were given up' };
      }
      const response = await coordinator.sendOffsets(
        offsetCommit,
        {
          groupId: coordinator.group,
          generation: member.generation,
          memberId: member.memberId,
          instanceId: member.instanceId,
          retentionTimeMs: -1,
          topics: toTopics(mine),
        },
        { maxVersion: 9 }, // from v10 on topics go by id
      );
      return this.#judge(response.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)));
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      wait.failed(error);
      if (error.retryable) return { kind: 'retry', reason: error.message };
      return this.#fail(error);
    }
  }

  /** Partitions of one commit are refused for one reason nearly always; where not, the worst one decides. */
  #judge(codes: readonly number[]): CommitReply | 'drain' {
    const refused = codes.filter((code) => code !== 0).map((code) => ({ code, action: actionFor('commit', code) }));
    const worst = refused.sort((a, b) => severity(b.action) - severity(a.action))[0];
    if (worst === undefined) {
      this.#options.wait.over();
      return { kind: 'committed' };
    }
    const reason = `${kafkaErrorName(worst.code)} (${worst.code})`;
    switch (worst.action) {
      case 'drain':
        return 'drain';
      case 'lost':
      case 'forgotten':
        return this.#lost(worst.action, `commit refused with ${reason}`);
      case 'fatal':
        return this.#fail(fatalError(`the commit of group ${this.#options.coordinator.group}`, worst.code));
      case 'findCoordinator':
        this.#options.coordinator.forget();
        return { kind: 'retry', reason };
      default:
        return { kind: 'retry', reason };
    }
  }

  #lost(action: 'lost' | 'forgotten', reason: string): CommitReply {
    this.#options.membership.refused(action, reason);
    return { kind: 'lost', reason };
  }

  #fail(error: KafkaError): CommitReply {
    this.#options.failed(error);
    return { kind: 'lost', reason: error.message };
  }
}

function severity(action: ErrorAction): number {
  return ['retry', 'findCoordinator', 'drain', 'lost', 'forgotten', 'fatal'].indexOf(action);
}

function toTopics(offsets: readonly CommitOffset[]) {
  return [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, of]) => ({
    name,
    topicId: zeroUuid,
    partitions: of.map(({ partition, offset }) => ({ partition, offset, leaderEpoch: -1, metadata: null })),
  }));
}
