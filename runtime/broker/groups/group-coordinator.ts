/**
 * All consumer groups of the broker: finds or makes the group a request is about, hands out member ids, keeps what the
 * groups commit. What happens inside of one group is in `group.ts` (classic) and `consumer-group.ts` (KIP-848).
 *
 * A group is of the type in which its first member came. An empty one takes the other type, and keeps its offsets; one
 * with members refuses whoever speaks the other protocol, as Apache Kafka with `group.consumer.migration.policy=disabled`.
 */
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { TopicPartition } from '../../core/record-set.ts';
import { readSubscription } from '../../protocol/consumer-protocol.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import type { BrokerStore } from '../storage/broker-store.ts';
import type { Refusal, Topic } from '../topics.ts';
import { newUuid } from '../uuid.ts';
import { CommittedOffsets } from './committed-offsets.ts';
import { commitFault, type PartitionFault } from './consumer-commit.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { consumerHeartbeat, type HeartbeatResult, leaveByAdmin } from './consumer-heartbeat.ts';
import { Group } from './group.ts';
import { type HeartbeatRequest, heartbeatFault, joining } from './heartbeat-request.ts';
import { type JoinRequest, join } from './join.ts';
import { type Leaving, leave } from './leave.ts';
import { type JoinAnswer, joinError, type SyncAnswer, syncError } from './member.ts';
import { checkMember, type MemberClaim } from './member-check.ts';
import { heartbeat, type SyncRequest, sync } from './sync.ts';

export interface GroupSettings {
  /** Kafka's `group.min.session.timeout.ms`; 6000 there. */
  readonly minSessionTimeoutMs: number;
  /** Kafka's `group.max.session.timeout.ms`. */
  readonly maxSessionTimeoutMs: number;
  /** Kafka's `group.initial.rebalance.delay.ms`. */
  readonly initialRebalanceDelayMs: number;
  /** Kafka's `group.consumer.session.timeout.ms`: in the new protocol the broker says it, not the member. */
  readonly consumerSessionTimeoutMs: number;
  /** Kafka's `group.consumer.heartbeat.interval.ms`. */
  readonly consumerHeartbeatIntervalMs: number;
}

export class GroupCoordinator {
  readonly offsets: CommittedOffsets;
  /** An id is in one of the two at most. */
  readonly #groups = new Map<string, Group>();
  readonly #consumerGroups = new Map<string, ConsumerGroup>();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #settings: GroupSettings;

  constructor(store: BrokerStore, clock: Clock, random: Random, settings: GroupSettings) {
    this.#clock = clock;
    this.#random = random;
    this.#settings = settings;
    this.offsets = new CommittedOffsets(store);
    for (const groupId of this.offsets.groupIds()) this.#make(groupId);
  }

  #make(groupId: string): Group {
    const group = new Group(groupId, this.#clock, this.#settings.initialRebalanceDelayMs);
    this.#groups.set(groupId, group);
    return group;
  }

  get(groupId: string): Group | undefined {
    return this.#groups.get(groupId);
  }

  has(groupId: string): boolean {
    return this.#groups.has(groupId) || this.#consumerGroups.has(groupId);
  }

  consumerGroup(groupId: string): ConsumerGroup | undefined {
    return this.#consumerGroups.get(groupId);
  }

  /** By id. */
  all(): readonly (Group | ConsumerGroup)[] {
    return [...this.#groups.values(), ...this.#consumerGroups.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  get consumerHeartbeatIntervalMs(): number {
    return this.#settings.consumerHeartbeatIntervalMs;
  }

  /** ConsumerGroupHeartbeat. @param topics all there are */
  consumerHeartbeat(request: HeartbeatRequest, topics: readonly Topic[]): HeartbeatResult {
    const fault = heartbeatFault(request);
    const group = fault ?? this.#consumerGroupFor(request);
    if ('errorCode' in group) return { kind: 'refused', refusal: group };
    return consumerHeartbeat(group, request, topics);
  }

  #consumerGroupFor(request: HeartbeatRequest): ConsumerGroup | Refusal {
    const { groupId } = request;
    const known = this.#consumerGroups.get(groupId);
    if (known !== undefined) return known;
    const classic = this.#groups.get(groupId);
    const missing = (message: string): Refusal => ({ errorCode: kafkaErrors.GROUP_ID_NOT_FOUND, message });
    if (classic !== undefined && classic.state !== 'Empty') return missing(`Group ${groupId} is not a consumer group.`);
    if (request.memberEpoch > 0) return missing(`Consumer group ${groupId} not found.`);
    if (!joining(request)) return missing(`Group ${groupId} not found.`);
    this.#groups.delete(groupId);
    const made = new ConsumerGroup(groupId, this.#clock, this.#settings.consumerSessionTimeoutMs);
    this.#consumerGroups.set(groupId, made);
    return made;
  }

  join(groupId: string, request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    if (groupId === '') return joinError(kafkaErrors.INVALID_GROUP_ID, request.memberId);
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#settings;
    if (request.sessionTimeoutMs < minSessionTimeoutMs || request.sessionTimeoutMs > maxSessionTimeoutMs) {
      return joinError(kafkaErrors.INVALID_SESSION_TIMEOUT, request.memberId);
    }
    const other = this.#consumerGroups.get(groupId);
    if (other !== undefined && other.state !== 'Empty') {
      return joinError(kafkaErrors.INCONSISTENT_GROUP_PROTOCOL, request.memberId);
    }
    const group = this.#groups.get(groupId);
    // Whoever claims to be a member cannot be the first one.
    if (group === undefined && request.memberId !== '') {
      return joinError(kafkaErrors.UNKNOWN_MEMBER_ID, request.memberId);
    }
    this.#consumerGroups.delete(groupId);
    const prefix = request.instanceId ?? request.clientId;
    return join(group ?? this.#make(groupId), request, () => `${prefix}-${newUuid(this.#random)}`);
  }

  sync(groupId: string, request: SyncRequest): SyncAnswer | Promise<SyncAnswer> {
    const group = this.#groups.get(groupId);
    return group === undefined ? syncError(unknownGroup(groupId)) : sync(group, request);
  }

  heartbeat(groupId: string, claim: MemberClaim): number {
    const group = this.#groups.get(groupId);
    return group === undefined ? unknownGroup(groupId) : heartbeat(group, claim);
  }

  leave(groupId: string, leaving: Leaving): number {
    const consumers = this.#consumerGroups.get(groupId);
    if (consumers !== undefined) return leaveByAdmin(consumers, leaving);
    const group = this.#groups.get(groupId);
    return group === undefined ? unknownGroup(groupId) : leave(group, leaving);
  }

  /** Makes the group if it is not there; Kafka lets offsets be committed under an empty name too. @returns an error code */
  ensure(groupId: string): number {
    if (!this.has(groupId)) this.#make(groupId);
    return kafkaErrors.NONE;
  }

  /**
   * Whether these offsets may be committed. A member may commit while the next generation is being prepared: it is how
   * its work is saved before its partitions move. Once the new generation is formed, the old one is refused.
   * @param version of OffsetCommit; null inside a transaction
   * @returns the error code for each partition
   */
  mayCommit(groupId: string, claim: MemberClaim, version: number | null): PartitionFault {
    const consumers = this.#consumerGroups.get(groupId);
    if (consumers !== undefined) return commitFault(consumers, claim, version);
    const errorCode = this.#mayCommitClassic(groupId, claim);
    return () => errorCode;
  }

  #mayCommitClassic(groupId: string, claim: MemberClaim): number {
    const group = this.#groups.get(groupId);
    // Administrators, and consumers that choose their partitions themselves, come without a generation.
    const outside = claim.generation < 0;
    if (group === undefined) return outside ? this.ensure(groupId) : kafkaErrors.ILLEGAL_GENERATION;
    if (outside && group.state === 'Empty') return kafkaErrors.NONE;
    const check = checkMember(group, claim);
    if (check.kind === 'refused') return check.errorCode;
    if (group.state === 'CompletingRebalance') return kafkaErrors.REBALANCE_IN_PROGRESS;
    if (check.member.joining === null) group.startSession(check.member);
    return kafkaErrors.NONE;
  }

  /** Whether this member, or somebody who is none (null, −1), may read what was committed. @returns an error code */
  mayFetch(groupId: string, memberId: string | null, memberEpoch: number): number {
    const group = this.#consumerGroups.get(groupId);
    if (group === undefined || (memberId === null && memberEpoch < 0)) return kafkaErrors.NONE;
    const member = group.member(memberId ?? '');
    if (member === undefined) return kafkaErrors.UNKNOWN_MEMBER_ID;
    return memberEpoch === member.position.epoch ? kafkaErrors.NONE : kafkaErrors.STALE_MEMBER_EPOCH;
  }

  /** @returns an error code */
  delete(groupId: string): number {
    const consumers = this.#consumerGroups.get(groupId);
    if (consumers !== undefined) {
      if (consumers.state !== 'Empty') return kafkaErrors.NON_EMPTY_GROUP;
      this.#consumerGroups.delete(groupId);
      this.offsets.deleteGroup(groupId);
      return kafkaErrors.NONE;
    }
    const group = this.#groups.get(groupId);
    if (group === undefined) return kafkaErrors.GROUP_ID_NOT_FOUND;
    if (group.members.length > 0) return kafkaErrors.NON_EMPTY_GROUP;
    group.die();
    this.#groups.delete(groupId);
    this.offsets.deleteGroup(groupId);
    return kafkaErrors.NONE;
  }

  /** @returns an error code */
  deleteOffset(groupId: string, partition: TopicPartition): number {
    const group = this.#groups.get(groupId);
    const consumers = this.#consumerGroups.get(groupId);
    if (group === undefined && consumers === undefined) return kafkaErrors.GROUP_ID_NOT_FOUND;
    const read = group === undefined ? consumers!.reads(partition.topic) : readsTopic(group, partition.topic);
    if (read) return kafkaErrors.GROUP_SUBSCRIBED_TO_TOPIC;
    this.offsets.delete(groupId, partition);
    return kafkaErrors.NONE;
  }

  /** Stops every timer and answers every held request. */
  close(): void {
    for (const group of this.#groups.values()) group.die();
    for (const group of this.#consumerGroups.values()) group.close();
  }
}

/** Whoever claims to be in a group that is not there is not in it. */
function unknownGroup(groupId: string): number {
  return groupId === '' ? kafkaErrors.INVALID_GROUP_ID : kafkaErrors.UNKNOWN_MEMBER_ID;
}

function readsTopic(group: Group, topic: string): boolean {
  return group.members.some((member) =>
    member.protocols.some((protocol) => {
      try {
        return readSubscription(protocol.metadata).topics.includes(topic);
      } catch {
        // Not the consumer protocol (Kafka Connect, for one): nobody can say, so it counts as reading it.
        return true;
      }
    }),
  );
}
