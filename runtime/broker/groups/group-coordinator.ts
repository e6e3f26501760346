/**
 * All consumer groups of the broker: finds or makes the group a request is about, hands out member ids, keeps what the
 * groups commit. What happens inside of one group is in `group.ts`.
 */
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { TopicPartition } from '../../core/record-set.ts';
import { readSubscription } from '../../protocol/consumer-protocol.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import type { BrokerStore } from '../storage/broker-store.ts';
import { newUuid } from '../uuid.ts';
import { CommittedOffsets } from './committed-offsets.ts';
import { Group } from './group.ts';
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
}

export class GroupCoordinator {
  readonly offsets: CommittedOffsets;
  readonly #groups = new Map<string, Group>();
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

  /** By id. */
  all(): readonly Group[] {
    return [...this.#groups.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  join(groupId: string, request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    if (groupId === '') return joinError(kafkaErrors.INVALID_GROUP_ID, request.memberId);
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#settings;
    if (request.sessionTimeoutMs < minSessionTimeoutMs || request.sessionTimeoutMs > maxSessionTimeoutMs) {
      return joinError(kafkaErrors.INVALID_SESSION_TIMEOUT, request.memberId);
    }
    const group = this.#groups.get(groupId);
    // Whoever claims to be a member cannot be the first one.
    if (group === undefined && request.memberId !== '') {
      return joinError(kafkaErrors.UNKNOWN_MEMBER_ID, request.memberId);
    }
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
    const group = this.#groups.get(groupId);
    return group === undefined ? unknownGroup(groupId) : leave(group, leaving);
  }

  /** Makes the group if it is not there; Kafka lets offsets be committed under an empty name too. @returns an error code */
  ensure(groupId: string): number {
    if (!this.#groups.has(groupId)) this.#make(groupId);
    return kafkaErrors.NONE;
  }

  /**
   * Whether these offsets may be committed. A member may commit while the next generation is being prepared: it is how
   * its work is saved before its partitions move. Once the new generation is formed, the old one is refused.
   * @returns an error code
   */
  mayCommit(groupId: string, claim: MemberClaim): number {
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

  /** @returns an error code */
  delete(groupId: string): number {
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
    if (group === undefined) return kafkaErrors.GROUP_ID_NOT_FOUND;
    if (readsTopic(group, partition.topic)) return kafkaErrors.GROUP_SUBSCRIBED_TO_TOPIC;
    this.offsets.delete(groupId, partition);
    return kafkaErrors.NONE;
  }

  /** Stops every timer and answers every held request. */
  close(): void {
    for (const group of this.#groups.values()) group.die();
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
