/**
 * Joins until it has succeeded: one round after the other, with backoff.
 *
 *   round ──joined──▶ done
 *    ▲ └── refused, connection lost ── wait ──┐        an operator has to act: thrown
 *    └─────────────────────────────────────────┘        `over` says so: null
 */
import { backoffMs } from '../core/backoff.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import type { LoopWait } from '../core/loop-wait.ts';
import type { Random } from '../core/random.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { Cluster } from '../kafka/cluster.ts';
import type { Assignor } from './assignor.ts';
import type { Coordinator } from './coordinator.ts';
import { type JoinResult, joinRound } from './join-round.ts';
import { retryBackoff } from './retry-backoff.ts';
import type { Claim } from './subscription.ts';
import { TopicWatch } from './topic-watch.ts';

/** Beyond the rebalance timeout, at which the broker answers a JoinGroup at the latest. */
const joinGraceMs = 5_000;

export interface JoiningOptions {
  readonly group: GroupSettings;
  readonly coordinator: Coordinator;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: Random;
  readonly wait: LoopWait;
}

/** The member, as far as it matters for joining. */
export interface Applicant {
  memberId(): string;
  named(memberId: string): void;
  claim(): Claim;
  agreed(assignor: Assignor): void;
  /** The broker does not know of us any more: nothing that is held is ours. */
  lost(action: 'lost' | 'forgotten', reason: string): void;
  /** Aborted: no further round. The one that is under way is the caller's to interrupt. */
  readonly over: AbortSignal;
}

export type Joined = Extract<JoinResult, { readonly kind: 'joined' }> & {
  /** What it said that it owned. */
  readonly claimed: Claim;
  readonly watch: TopicWatch;
};

/** @returns null when it is over before a round has succeeded @throws KafkaError when no retry can mend it */
export async function joinUntilDone(
  options: JoiningOptions,
  applicant: Applicant,
  reason: string,
): Promise<Joined | null> {
  const { group, coordinator, cluster, clock, random, wait } = options;
  for (let failures = 0; !applicant.over.aborted; ) {
    wait.began('the group was not joined', group.timeouts.rebalanceMs + joinGraceMs);
    const watch = new TopicWatch(cluster, group.topics);
    const claim = applicant.claim();
    const agreed = (assignor: Assignor): void => applicant.agreed(assignor);
    const round = await attempt(options, applicant, () =>
      joinRound({ group, coordinator, watch, memberId: applicant.memberId(), reason, claim, agreed }),
    );
    applicant.named(round.memberId);
    if (round.kind === 'joined') {
      wait.over();
      return { ...round, claimed: claim, watch };
    }
    if (round.over !== null) applicant.lost(round.over, 'the group was joined too late');
    // Once: a broker that asks for its member id for ever is not asked in a loop.
    if (round.atOnce && failures++ === 0) continue;
    await sleep(clock, backoffMs(retryBackoff, failures++, random), applicant.over);
  }
  return null;
}

/** What is wrong with the connection passes; the rest is for the caller. */
async function attempt(
  { wait }: JoiningOptions,
  applicant: Applicant,
  round: () => Promise<JoinResult>,
): Promise<JoinResult> {
  try {
    return await round();
  } catch (error) {
    wait.failed(error);
    const passing = error instanceof KafkaError && error.retryable;
    if (!passing && !applicant.over.aborted) throw error;
    return { kind: 'again', memberId: applicant.memberId(), atOnce: false, over: null };
  }
}
