/**
 * One try to get an assignment: JoinGroup, and in the leader the deal, then SyncGroup. What its answers mean for the
 * member id is decided here, when to try again in `joining.ts`.
 */
import type { TopicPartition } from '../core/record-set.ts';
import type { GroupSettings } from '../core/settings.ts';
import { readAssignment } from '../protocol/consumer-protocol.ts';
import { joinGroup } from '../protocol/join-group.ts';
import { syncGroup } from '../protocol/sync-group.ts';
import { type Assignor, assignorNamed, assignors } from './assignor.ts';
import type { Coordinator } from './coordinator.ts';
import { countWithheld, type Dealt, deal } from './deal.ts';
import { actionFor, fatalError, type RequestKind } from './error-actions.ts';
import { type Claim, introduce } from './subscription.ts';
import type { TopicWatch } from './topic-watch.ts';

const protocolType = 'consumer';
const noLeader: Dealt = { assignments: [], total: 0, withheld: 0 };
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
  /** What this member holds on to while it joins. */
  readonly claim: Claim;
  /** Told which assignor the group has agreed on, before anything that it deals can be anybody's. */
  readonly agreed: (assignor: Assignor) => void;
}

export type JoinResult =
  | {
      readonly kind: 'joined';
      readonly memberId: string;
      readonly generation: number;
      readonly assignment: readonly TopicPartition[];
      /** Partitions that this member, as the leader, has given to nobody: their owners have to give them up first. */
      readonly withheld: number;
    }
  | {
      readonly kind: 'again';
      readonly memberId: string;
      readonly atOnce: boolean;
      /** The broker says that the membership is over, and with it what we hold; `forgotten`: the member id too. */
      readonly over: 'lost' | 'forgotten' | null;
    };

/** @throws KafkaError when the request fails, or is refused for a reason that an operator has to remove */
export async function joinRound(round: JoinRound): Promise<JoinResult> {
  const { group, coordinator, memberId } = round;
  const joined = await coordinator.send(joinGroup, joinRequest(round), {
    timeoutMs: group.timeouts.rebalanceMs + joinGraceMs,
  });
  if (joined.errorCode !== 0) return refused('join', joined.errorCode, round, joined.memberId);
  const assignor = assignorNamed(joined.protocolName);
  round.agreed(assignor);
  const dealt = joined.leader === joined.memberId ? await deal(joined, assignor, round.watch) : noLeader;
  const synced = await coordinator.send(
    syncGroup,
    {
      groupId: group.name,
      generation: joined.generation,
      memberId: joined.memberId,
      instanceId: group.instanceId,
      protocolType,
      protocolName: joined.protocolName,
      assignments: dealt.assignments,
    },
    // The leader deals within this time, or the broker forms the group anew.
    { timeoutMs: group.timeouts.rebalanceMs + joinGraceMs },
  );
  if (synced.errorCode !== 0) return refused('sync', synced.errorCode, round, joined.memberId || memberId);
  const assignment = readAssignment(synced.assignment).topics.flatMap(({ name, partitions }) =>
    partitions.map((partition) => ({ topic: name, partition })),
  );
  const { generation } = joined;
  const withheld = joined.skipAssignment ? await countWithheld(coordinator, dealt.total) : dealt.withheld;
  return { kind: 'joined', memberId: joined.memberId, generation, assignment, withheld };
}

function joinRequest({ group, memberId, reason, claim }: JoinRound) {
  const metadata = introduce(
    group.topics.map(({ name }) => name),
    claim,
  );
  return {
    groupId: group.name,
    sessionTimeoutMs: group.timeouts.sessionMs,
    rebalanceTimeoutMs: group.timeouts.rebalanceMs,
    memberId,
    instanceId: group.instanceId,
    protocolType,
    protocols: assignors.map(({ name }) => ({ name, metadata })),
    reason,
  };
}

function refused(request: RequestKind, code: number, round: JoinRound, memberId: string): JoinResult {
  const again = { kind: 'again', memberId: memberId || round.memberId, atOnce: false, over: null } as const;
  switch (actionFor(request, code)) {
    case 'takeMemberId':
      return { ...again, atOnce: true };
    case 'lost':
      return { ...again, over: 'lost' };
    case 'forgotten':
      return { ...again, memberId: '', over: 'forgotten' };
    case 'fatal':
      throw fatalError(`joining group ${round.group.name}`, code, round.group.instanceId);
    case 'findCoordinator':
      round.coordinator.forget();
      return again;
    default:
      return again;
  }
}
