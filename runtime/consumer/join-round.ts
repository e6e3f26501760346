/**
 * One try to get an assignment: JoinGroup, and in the leader the deal, then SyncGroup. What its answers mean for the
 * member id is decided here, when to try again in `classic-membership.ts`.
 */
import type { TopicPartition } from '../core/record-set.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { ResponseOf } from '../protocol/api.ts';
import { readAssignment, readSubscription, writeAssignment, writeSubscription } from '../protocol/consumer-protocol.ts';
import { joinGroup } from '../protocol/join-group.ts';
import { syncGroup } from '../protocol/sync-group.ts';
import { assign, assignorName } from './assignor.ts';
import type { Coordinator } from './coordinator.ts';
import { actionFor, fatalError, type RequestKind } from './error-actions.ts';
import { byTopic } from './partition-list.ts';
import type { TopicWatch } from './topic-watch.ts';

const protocolType = 'consumer';
/** JoinGroup is answered when all have joined, at the latest after the rebalance timeout. */
const joinGraceMs = 5000;

export interface JoinRound {
  readonly group: GroupSettings;
  readonly coordinator: Coordinator;
  readonly watch: TopicWatch;
  /** Empty for a new member. */
  readonly memberId: string;
  /** For the broker's log. */
  readonly reason: string;
}

export type JoinResult =
  | {
      readonly kind: 'joined';
      readonly memberId: string;
      readonly generation: number;
      readonly assignment: readonly TopicPartition[];
    }
  | { readonly kind: 'again'; readonly memberId: string; readonly atOnce: boolean };

type Joined = ResponseOf<typeof joinGroup>;

/** @throws KafkaError when the request fails, or is refused for a reason that an operator has to remove */
export async function joinRound(round: JoinRound): Promise<JoinResult> {
  const { group, coordinator, memberId } = round;
  const joined = await coordinator.send(joinGroup, joinRequest(round), {
    timeoutMs: group.timeouts.rebalanceMs + joinGraceMs,
  });
  if (joined.errorCode !== 0) return refused('join', joined.errorCode, round, joined.memberId);
  const leader = joined.leader === joined.memberId;
  const synced = await coordinator.send(
    syncGroup,
    {
      groupId: group.name,
      generation: joined.generation,
      memberId: joined.memberId,
      instanceId: null,
      protocolType,
      protocolName: joined.protocolName,
      assignments: leader && !joined.skipAssignment ? await deal(joined, round.watch) : [],
    },
    // The leader deals within this time, or the broker forms the group anew.
    { timeoutMs: group.timeouts.rebalanceMs + joinGraceMs },
  );
  if (synced.errorCode !== 0) return refused('sync', synced.errorCode, round, joined.memberId || memberId);
  const assignment = readAssignment(synced.assignment).topics.flatMap(({ name, partitions }) =>
    partitions.map((partition) => ({ topic: name, partition })),
  );
  return { kind: 'joined', memberId: joined.memberId, generation: joined.generation, assignment };
}

function joinRequest({ group, memberId, reason }: JoinRound) {
  const topics = group.topics.map(({ name }) => name);
  const metadata = writeSubscription({ version: 1, topics, userData: null, owned: [], generation: -1, rackId: null });
  return {
    groupId: group.name,
    sessionTimeoutMs: group.timeouts.sessionMs,
    rebalanceTimeoutMs: group.timeouts.rebalanceMs,
    memberId,
    instanceId: null,
    protocolType,
    protocols: [{ name: assignorName, metadata }],
    reason,
  };
}

async function deal(joined: Joined, watch: TopicWatch) {
  const members = joined.members.map(({ memberId, instanceId, metadata }) => ({
    memberId,
    instanceId,
    topics: readSubscription(metadata).topics,
  }));
  const dealt = assign(members, await watch.counts(members.flatMap(({ topics }) => topics)));
  return [...dealt].map(([memberId, partitions]) => ({
    memberId,
    assignment: writeAssignment({ version: 0, topics: byTopic(partitions), userData: null }),
  }));
}

function refused(request: RequestKind, code: number, round: JoinRound, memberId: string): JoinResult {
  switch (actionFor(request, code)) {
    case 'takeMemberId':
      return { kind: 'again', memberId, atOnce: true };
    case 'forgotten':
      return { kind: 'again', memberId: '', atOnce: false };
    case 'fatal':
      throw fatalError(`joining group ${round.group.name}`, code);
    case 'findCoordinator':
      round.coordinator.forget();
      return { kind: 'again', memberId: memberId || round.memberId, atOnce: false };
    default:
      return { kind: 'again', memberId: memberId || round.memberId, atOnce: false };
  }
}
