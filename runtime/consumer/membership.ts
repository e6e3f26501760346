/**
 * What the rest of the consumer knows about being in a group. `classic-membership.ts` is the protocol of Kafka up to
 * 3.x, which every broker speaks; `consumer-membership.ts` is KIP-848 of Kafka 4. `choose-membership.ts` takes one.
 */

import type { Clock } from '../core/clock.ts';
import type { Emit } from '../core/events.ts';
import type { Random } from '../core/random.ts';
import type { TopicPartition } from '../core/record-set.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { DrainReason } from '../core/stages.ts';
import type { Cluster } from '../kafka/cluster.ts';
import type { Coordinator } from './coordinator.ts';

/** Who commits. */
export interface MemberIdentity {
  readonly memberId: string;
  /** Kafka's number of the assignment; it goes into requests only. */
  readonly generation: number;
  readonly instanceId: string | null;
}

export interface Membership {
  /** Null while there is no membership under which something could be committed. A new object for each generation. */
  readonly identity: MemberIdentity | null;
  /** Joins, stays a member, joins again, until `leave()`. Call once. @throws KafkaError when it cannot go on */
  run(): Promise<void>;
  /** Something hints at a change of the group: ask now instead of at the next heartbeat. */
  hurry(): void;
  /**
   * Something sent under `former` was refused because of its generation. Waits while the group is on its way to another
   * one with us in it. @returns whether there is another identity now
   */
  renewed(former: MemberIdentity): Promise<boolean>;
  /** A commit was answered that the membership is gone. `forgotten`: the member id too. */
  refused(action: 'lost' | 'forgotten', reason: string): void;
  /** Gives everything up as revoked and leaves; `run()` has ended afterwards. @returns false when something was cut short */
  leave(budgetMs: number): Promise<boolean>;
  /** Gives everything up as lost and tells the broker, if it answers soon. For a run that failed. */
  abandon(): Promise<void>;
}

export interface MembershipHooks {
  /** Newly ours, in addition to what is ours already. */
  assigned(partitions: readonly TopicPartition[]): void;
  /** As `ConsumerHooks.revoked`; heartbeats go on until it resolves, and the other partitions are not disturbed. */
  revoked(partitions: readonly TopicPartition[], budgetMs: number, reason: DrainReason): Promise<boolean>;
  /** As `ConsumerHooks.lost`; also while `revoked` is under way. */
  lost(partitions: readonly TopicPartition[], reason: string): void;
}

/** What every kind of membership is made with. */
export interface MembershipOptions {
  readonly group: GroupSettings;
  readonly coordinator: Coordinator;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** `shutdown.timeout`: how long a drain may take, if the group waits that long. */
  readonly drainBudgetMs: number;
  readonly hooks: MembershipHooks;
  /** Resolves when no commit is on its way any more, at the latest when its request has timed out. */
  readonly commitsAnswered: () => Promise<void>;
}
