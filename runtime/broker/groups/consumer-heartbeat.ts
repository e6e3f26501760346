/**
 * What ConsumerGroupHeartbeat leads to: joining (epoch 0), leaving (−1, −2 for a static member that will be back), and
 * all between. Refusals and their texts are those of Apache Kafka 4.3.0.
 */
import { memberEpochs } from '../../protocol/consumer-group-heartbeat.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import type { Refusal, Topic } from '../topics.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { beginning, type ConsumerMember, type Subscription } from './consumer-member.ts';
import { type HeartbeatRequest, joining } from './heartbeat-request.ts';
import type { Leaving } from './leave.ts';
import { type PartitionId, type TopicPartitions, toPartitionIds, toTopicPartitions } from './partition-ids.ts';

export type HeartbeatResult =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'left'; readonly memberEpoch: number }
  /** @property assignment null: as it was told before */
  | { readonly kind: 'member'; readonly memberEpoch: number; readonly assignment: readonly TopicPartitions[] | null };

/** @param request without a fault @param topics all there are */
export function consumerHeartbeat(
  group: ConsumerGroup,
  request: HeartbeatRequest,
  topics: readonly Topic[],
): HeartbeatResult {
  if (request.memberEpoch < memberEpochs.join) return leave(group, request);
  const found = findMember(group, request);
  if ('errorCode' in found) return { kind: 'refused', refusal: found };
  const { member } = found;
  const owned = request.owned === null ? null : toPartitionIds(request.owned);
  const fault = joining(request) ? null : epochFault(member, request.memberEpoch, owned);
  if (fault !== null) return { kind: 'refused', refusal: fault };
  if (request.rebalanceTimeoutMs !== -1) member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
  group.arrange(topics, subscribe(member, request));
  const before = member.position.assigned;
  group.advance(member, owned);
  group.startSession(member);
  const { epoch, assigned } = member.position;
  const told = isFull(request) || !sameKeys(before, assigned);
  return { kind: 'member', memberEpoch: epoch, assignment: told ? toTopicPartitions(assigned.keys()) : null };
}

/** @returns the member that sends it, which may have come just now */
function findMember(group: ConsumerGroup, request: HeartbeatRequest): { readonly member: ConsumerMember } | Refusal {
  const { memberId, instanceId } = request;
  const known = group.member(memberId);
  if (instanceId === null) {
    if (known !== undefined) return { member: known };
    return joining(request) ? { member: enter(group, newMember(request)) } : unknown(group, memberId);
  }
  const holder = group.staticMember(instanceId);
  if (holder !== undefined && holder.id === memberId) return { member: holder };
  if (!joining(request)) return holder === undefined ? unknownInstance(instanceId) : fenced(request, holder);
  if (holder === undefined) return { member: enter(group, newMember(request)) };
  if (holder.position.epoch !== memberEpochs.leaveStatic) {
    const message = `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${holder.id} member.`;
    return { errorCode: kafkaErrors.UNRELEASED_INSTANCE_ID, message };
  }
  const { position, subscription } = holder;
  const member = { ...newMember(request), subscription, position: { ...position, epoch: 0, previousEpoch: 0 } };
  group.replace(holder, member);
  return { member };
}

function leave(group: ConsumerGroup, request: HeartbeatRequest): HeartbeatResult {
  const { memberId, instanceId, memberEpoch } = request;
  const refused = (refusal: Refusal): HeartbeatResult => ({ kind: 'refused', refusal });
  const member = instanceId === null ? group.member(memberId) : group.staticMember(instanceId);
  if (member === undefined) {
    return refused(instanceId === null ? unknown(group, memberId) : unknownInstance(instanceId));
  }
  if (member.id !== memberId) return refused(fenced(request, member));
  if (memberEpoch === memberEpochs.leaveStatic) {
    // Its session decides how long it may be away; until then nobody gets what it had.
    member.rebalanceTimer?.cancel();
    member.position = { ...member.position, state: 'stable', epoch: memberEpoch, revoking: new Set() };
  } else group.remove(member);
  return { kind: 'left', memberEpoch };
}

/** LeaveGroup reaches members of the new protocol too: it is how a static one is taken out by hand. @returns an error code */
export function leaveByAdmin(group: ConsumerGroup, { memberId, instanceId }: Leaving): number {
  const member = instanceId === null ? group.member(memberId) : group.staticMember(instanceId);
  if (member === undefined) return kafkaErrors.UNKNOWN_MEMBER_ID;
  if (memberId !== '' && member.id !== memberId) return kafkaErrors.FENCED_INSTANCE_ID;
  group.remove(member);
  return kafkaErrors.NONE;
}

function enter(group: ConsumerGroup, member: ConsumerMember): ConsumerMember {
  group.add(member);
  return member;
}

function newMember(request: HeartbeatRequest): ConsumerMember {
  const { memberId: id, instanceId, clientId, clientHost, rackId, rebalanceTimeoutMs } = request;
  return {
    ...{ id, instanceId, clientId, clientHost, rackId, rebalanceTimeoutMs },
    subscription: { topics: [], regex: '' },
    position: beginning,
    sessionTimer: null,
    rebalanceTimer: null,
  };
}

/** @returns whether the member is subscribed to something else than before */
function subscribe(member: ConsumerMember, { subscribedTopics, subscribedRegex }: HeartbeatRequest): boolean {
  const { topics, regex } = member.subscription;
  const next: Subscription = {
    topics: subscribedTopics === null ? topics : [...new Set(subscribedTopics)].sort(),
    regex: subscribedRegex ?? regex,
  };
  member.subscription = next;
  return next.topics.join() !== topics.join() || next.regex !== regex;
}

/** The epoch before is good as well: the member may not have got the answer that brought the new one. */
function epochFault(
  { position }: ConsumerMember,
  epoch: number,
  owned: ReadonlySet<PartitionId> | null,
): Refusal | null {
  if (epoch === position.epoch) return null;
  const { previousEpoch, assigned } = position;
  if (epoch < position.epoch && epoch === previousEpoch && owned !== null) {
    if ([...owned].every((partition) => assigned.has(partition))) return null;
  }
  const size = epoch > position.epoch ? 'greater' : 'smaller';
  const message = `The consumer group member has a ${size} member epoch (${epoch}) than the one known by the group coordinator (${position.epoch}). The member must abandon all its partitions and rejoin.`;
  return { errorCode: kafkaErrors.FENCED_MEMBER_EPOCH, message };
}

function isFull(request: HeartbeatRequest): boolean {
  if (joining(request)) return true;
  const subscribed = request.subscribedTopics !== null || request.subscribedRegex !== null;
  return request.rebalanceTimeoutMs !== -1 && subscribed && request.owned !== null;
}

function sameKeys(a: ReadonlyMap<PartitionId, unknown>, b: ReadonlyMap<PartitionId, unknown>): boolean {
  return a.size === b.size && [...a.keys()].every((key) => b.has(key));
}

function unknown(group: ConsumerGroup, memberId: string): Refusal {
  return {
    errorCode: kafkaErrors.UNKNOWN_MEMBER_ID,
    message: `Member ${memberId} is not a member of group ${group.id}.`,
  };
}

function unknownInstance(instanceId: string): Refusal {
  return { errorCode: kafkaErrors.UNKNOWN_MEMBER_ID, message: `Instance id ${instanceId} is unknown.` };
}

function fenced({ memberId, instanceId }: HeartbeatRequest, holder: ConsumerMember): Refusal {
  const message = `Static member ${memberId} with instance id ${instanceId} was fenced by member ${holder.id}.`;
  return { errorCode: kafkaErrors.FENCED_INSTANCE_ID, message };
}
