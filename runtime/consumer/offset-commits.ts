/**
 * Sends one OffsetCommit under the current membership and says what its answer means for the committer. Offsets of an
 * epoch that has ended are left out before anything is sent, and again before it is sent a second time: under the new
 * generation, when the group has moved on with us.
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
import type { MemberIdentity, Membership } from './membership.ts';

/** Between two tries, when the broker says that the group is between two generations and we do not know of it. */
const againMs = 100;

export interface OffsetCommitsOptions {
  readonly coordinator: Coordinator;
  readonly membership: Pick<Membership, 'identity' | 'hurry' | 'renewed' | 'refused'>;
  readonly clock: Clock;
  readonly wait: LoopWait;
  /** Whether the epoch of the offset is still the partition's, and it may be committed. */
  readonly current: (offset: CommitOffset) => boolean;
  /** What is written beside the offsets of this topic. */
  readonly metadata: (topic: string) => string | null;
  readonly failed: (error: KafkaError) => void;
}

/** Not to be sent again as it is. */
interface Refused {
  readonly kind: 'refused';
  readonly action: 'drain' | 'lost' | 'forgotten' | 'fatal';
  readonly code: number;
  /** The membership that it was sent under. */
  readonly under: MemberIdentity;
}

export class OffsetCommits {
  readonly #options: OffsetCommitsOptions;
  /** Resolves with the answers of all requests, or when there will be none. */
  #answered: Promise<void> = Promise.resolve();
  /** The broker takes no metadata. */
  #plain: boolean = false;
  /** Resolves when the commit before is over. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: OffsetCommitsOptions) {
    this.#options = options;
  }

  /** One after the other: what is handled, and where other partitions begin, are committed by different stages. */
  commit(offsets: readonly CommitOffset[]): Promise<CommitReply> {
    const reply = this.#turn.then(() => this.#commit(offsets));
    this.#turn = reply.catch(() => {});
    return reply;
  }

  async #commit(offsets: readonly CommitOffset[]): Promise<CommitReply> {
    const first = await this.#try(offsets);
    if (first.kind !== 'refused') return first;
    if (!(await this.#mayChange(first))) return this.#giveUp(first);
    const second = await this.#try(offsets);
    return second.kind === 'refused' ? this.#giveUp(second) : second;
  }

  /** Resolves when nothing is on its way that may still count. */
  answered(): Promise<void> {
    return this.#answered;
  }

  /** Between two generations an offset that is refused now may be accepted soon. @returns whether to try again */
  async #mayChange({ action, under }: Refused): Promise<boolean> {
    const { membership, clock } = this.#options;
    if (action !== 'drain' && action !== 'lost') return false;
    if (await membership.renewed(under)) return true;
    if (action === 'lost' || membership.identity !== under) return false;
    // The heartbeat finds out what the group is about.
    membership.hurry();
    await sleep(clock, againMs);
    return true;
  }

  #giveUp({ action, code, under }: Refused): CommitReply {
    const { membership } = this.#options;
    const reason = `commit refused with ${kafkaErrorName(code)} (${code})`;
    if (membership.identity === null) return { kind: 'lost', reason };
    // What was said of a former membership says nothing of this one.
    if (membership.identity !== under) return { kind: 'retry', reason };
    if (action === 'fatal') {
      return this.#fail(fatalError(`the commit of group ${this.#options.coordinator.group}`, code, under.instanceId));
    }
    membership.refused(action === 'drain' ? 'lost' : action, reason);
    return { kind: 'lost', reason };
  }

  async #try(offsets: readonly CommitOffset[]): Promise<CommitReply | Refused> {
    const { membership, coordinator, current, metadata, wait } = this.#options;
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
      const sent = coordinator.sendOffsets(
        offsetCommit,
        {
          groupId: coordinator.group,
          generation: member.generation,
          memberId: member.memberId,
          instanceId: member.instanceId,
          retentionTimeMs: -1,
          topics: toTopics(mine, this.#plain ? () => null : metadata),
        },
        { maxVersion: 9 }, // from v10 on topics go by id
      );
      this.#answered = Promise.allSettled([this.#answered, sent]).then(() => {});
      const response = await sent;
      const codes = response.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode));
      return this.#judge(codes, member);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      wait.failed(error);
      if (error.retryable) return { kind: 'retry', reason: error.message };
      return this.#fail(error);
    }
  }

  /** Partitions of one commit are refused for one reason nearly always; where not, the worst one decides. */
  #judge(codes: readonly number[], under: MemberIdentity): CommitReply | Refused {
    const refused = codes.filter((code) => code !== 0).map((code) => ({ code, action: actionFor('commit', code) }));
    const worst = refused.sort((a, b) => severity(b.action) - severity(a.action))[0];
    if (worst === undefined) {
      this.#options.wait.over();
      return { kind: 'committed' };
    }
    const { code, action } = worst;
    switch (action) {
      case 'drain':
      case 'lost':
      case 'forgotten':
      case 'fatal':
        return { kind: 'refused', action, code, under };
      case 'findCoordinator':
        this.#options.coordinator.forget();
        break;
      case 'stale':
        this.#options.membership.hurry();
        break;
      case 'plain':
        this.#plain = true;
        break;
      default:
    }
    return { kind: 'retry', reason: `${kafkaErrorName(code)} (${code})` };
  }

  #fail(error: KafkaError): CommitReply {
    this.#options.failed(error);
    return { kind: 'lost', reason: error.message };
  }
}

function severity(action: ErrorAction): number {
  return ['retry', 'findCoordinator', 'stale', 'plain', 'drain', 'lost', 'forgotten', 'fatal'].indexOf(action);
}

function toTopics(offsets: readonly CommitOffset[], metadata: OffsetCommitsOptions['metadata']) {
  return [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, of]) => ({
    name,
    topicId: zeroUuid,
    partitions: of.map(({ partition, offset }) => ({ partition, offset, leaderEpoch: -1, metadata: metadata(name) })),
  }));
}
