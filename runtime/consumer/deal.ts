/**
 * What the leader of a classic group does: it reads who the others are, deals the partitions out, and knows how many it
 * had to withhold for a second round. A static member that leads and has been restarted does not deal (KIP-814), so it
 * looks at what the group was dealt instead.
 */
import type { RequestOf, ResponseOf } from '../protocol/api.ts';
import { readAssignment, writeAssignment } from '../protocol/consumer-protocol.ts';
import { describeGroups } from '../protocol/describe-groups.ts';
import type { joinGroup } from '../protocol/join-group.ts';
import type { syncGroup } from '../protocol/sync-group.ts';
import type { Assignor } from './assignor.ts';
import type { Coordinator } from './coordinator.ts';
import { byTopic } from './partition-list.ts';
import { readIntroduction } from './subscription.ts';
import type { TopicWatch } from './topic-watch.ts';

export interface Dealt {
  readonly assignments: RequestOf<typeof syncGroup>['assignments'];
  /** Partitions of all topics. */
  readonly total: number;
  /** Of them, those that nobody was given. */
  readonly withheld: number;
}

/** @throws KafkaError when no broker tells of the topics, ProtocolError for a member that cannot be read */
export async function deal(
  joined: ResponseOf<typeof joinGroup>,
  assignor: Assignor,
  watch: TopicWatch,
): Promise<Dealt> {
  const members = joined.members.map(({ memberId, instanceId, metadata }) => ({
    memberId,
    instanceId,
    ...readIntroduction(metadata),
  }));
  // Also where nothing is dealt: the leader is the one who notices that a topic has grown.
  const counts = await watch.counts(members.flatMap(({ topics }) => topics));
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (joined.skipAssignment) return { assignments: [], total, withheld: 0 };
  const dealt = [...assignor.assign(members, counts)];
  return {
    assignments: dealt.map(([memberId, partitions]) => ({
      memberId,
      assignment: writeAssignment({ version: 0, topics: byTopic(partitions), userData: null }),
    })),
    total,
    withheld: total - dealt.reduce((sum, [, partitions]) => sum + partitions.length, 0),
  };
}

/** Counted as withheld when it is not known: a round that moves nothing is the smaller evil. */
const unknown = 1;

/** @param total partitions of all topics @returns how many of them no member has; 0 while the group is on the move */
export async function countWithheld(coordinator: Coordinator, total: number): Promise<number> {
  const request = { groupIds: [coordinator.group], includeOperations: false };
  const group = await coordinator.send(describeGroups, request).then(
    ({ groups }) => groups[0],
    () => undefined, // whatever it was, the next request will tell
  );
  if (group === undefined || group.errorCode !== 0) return unknown;
  // In any other state a round is under way, and whoever leads it looks after that.
  if (group.state !== 'Stable') return 0;
  const assigned = group.members.flatMap(({ assignment }) => readAssignment(assignment).topics);
  return total - assigned.reduce((sum, { partitions }) => sum + partitions.length, 0);
}
