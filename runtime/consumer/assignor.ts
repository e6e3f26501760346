/**
 * How a leader of a classic group deals the partitions out. What a member offers is a list, in order of preference, of
 * which the broker takes one that all members speak:
 *
 *   cooperative-sticky   all members are ours, or Java's, librdkafka's with it: who keeps a partition never lets go of it
 *   roundrobin           somebody knows nothing newer (aiokafka, Java and librdkafka set up for it): everybody gives
 *                        everything up before it joins, as `classic-membership.ts` does as soon as it is told
 */
import type { TopicPartition } from '../core/record-set.ts';
import { roundRobin } from './round-robin-assignor.ts';
import { cooperativeSticky } from './sticky-assignor.ts';

export interface GroupMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly topics: readonly string[];
  /** What it says it owns. */
  readonly owned: readonly TopicPartition[];
  /** Generation in which it got that; −1 when it does not say. */
  readonly generation: number;
}

export interface Assignor {
  /** Kafka's name of it. */
  readonly name: string;
  /** Members keep what they own while they join, and give up only what they are not given any more. */
  readonly cooperative: boolean;
  /**
   * @param partitionCounts partitions of each topic; a topic that does not exist has none
   * @returns partitions by member id; every member has an entry
   */
  assign(
    members: readonly GroupMember[],
    partitionCounts: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, readonly TopicPartition[]>;
}

/** In order of preference. */
export const assignors: readonly Assignor[] = [cooperativeSticky, roundRobin];

/** What we did not offer cannot have been agreed on; if it was, nothing may be held on to. */
export function assignorNamed(name: string | null): Assignor {
  return assignors.find((assignor) => assignor.name === name) ?? roundRobin;
}
