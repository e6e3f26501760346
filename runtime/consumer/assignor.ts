/**
 * Deals the partitions of all topics out to the members, by the leader of a classic group.
 *
 *   topics a (3 partitions), b (3), members x, y      a0 a1 a2 b0 b1 b2
 *                                                      x  y  x  y  x  y
 *
 * The protocol is Kafka's `roundrobin`: over all topics no member gets more than one partition above another, where
 * `range` gives the first members one more of every topic. It is deterministic: any leader, also one of another client
 * library, deals in the same way. It does not keep partitions where they were.
 */
import type { TopicPartition } from '../core/record-set.ts';

export const assignorName = 'roundrobin';

export interface GroupMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly topics: readonly string[];
}

/**
 * @param partitionCounts partitions of each topic; a topic that does not exist has none
 * @returns partitions by member id; every member has an entry
 */
export function assign(
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
): ReadonlyMap<string, readonly TopicPartition[]> {
  const assigned = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]));
  // Ids that stay the same over a restart come first, so that the deal is the same after it.
  const circle = [...members].sort((a, b) => compare(orderKey(a), orderKey(b)));
  const subscriptions = new Map(members.map((member) => [member.memberId, new Set(member.topics)]));
  const topics = [...new Set(members.flatMap((member) => member.topics))].sort(compare);
  let next = 0;
  for (const topic of topics) {
    for (let partition = 0; partition < (partitionCounts.get(topic) ?? 0); partition++) {
      // Somebody is subscribed, else the topic would not be here.
      while (!subscriptions.get(circle[next % circle.length]!.memberId)!.has(topic)) next++;
      assigned.get(circle[next++ % circle.length]!.memberId)!.push({ topic, partition });
    }
  }
  return assigned;
}

function orderKey(member: GroupMember): string {
  return member.instanceId === null ? `1${member.memberId}` : `0${member.instanceId}`;
}

/** By code units: the same in every locale. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
