/**
 * Deals the partitions of all topics out to the members in turn.
 *
 *   topics a (3 partitions), b (3), members x, y      a0 a1 a2 b0 b1 b2
 *                                                      x  y  x  y  x  y
 *
 * The protocol is Kafka's `roundrobin`: over all topics no member gets more than one partition above another, where
 * `range` gives the first members one more of every topic. It is deterministic: any leader, also one of another client
 * library, deals in the same way. It does not keep partitions where they were.
 */
import type { TopicPartition } from '../core/record-set.ts';
import type { Assignor } from './assignor.ts';
import { compareText, inOrder } from './member-order.ts';

export const roundRobin: Assignor = {
  name: 'roundrobin',
  cooperative: false,
  assign(members, partitionCounts) {
    const assigned = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]));
    const circle = inOrder(members);
    const subscriptions = new Map(members.map((member) => [member.memberId, new Set(member.topics)]));
    const topics = [...new Set(members.flatMap((member) => member.topics))].sort(compareText);
    let next = 0;
    for (const topic of topics) {
      for (let partition = 0; partition < (partitionCounts.get(topic) ?? 0); partition++) {
        // Somebody is subscribed, else the topic would not be here.
        while (!subscriptions.get(circle[next % circle.length]!.memberId)!.has(topic)) next++;
        assigned.get(circle[next++ % circle.length]!.memberId)!.push({ topic, partition });
      }
    }
    return assigned;
  },
};
