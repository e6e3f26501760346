/** What a JoinGroup leads to: the table of who asks, and in which state the group is. */
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { joinAnswer } from './generation-answers.ts';
import type { Group } from './group.ts';
import { type JoinAnswer, joinError, type Member, type MemberProtocol, noBytes, sameProtocols } from './member.ts';
import { chooseProtocol, fits } from './protocol-choice.ts';

export interface JoinRequest {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  readonly protocols: readonly MemberProtocol[];
  /** From v4 on a client without a member id gets one first (KIP-394). */
  readonly needsMemberId: boolean;
  /** From v9 on the leader can be told not to assign again. */
  readonly canSkipAssignment: boolean;
}

/** @param newMemberId used when the request brings none */
export function join(group: Group, request: JoinRequest, newMemberId: () => string): JoinAnswer | Promise<JoinAnswer> {
  if (!suits(group, request)) return joinError(kafkaErrors.INCONSISTENT_GROUP_PROTOCOL, request.memberId);
  if (request.memberId !== '') return joinKnown(group, request);
  if (request.instanceId !== null) return joinStatic(group, request, request.instanceId, newMemberId());
  const memberId = newMemberId();
  if (!request.needsMemberId) return enter(group, request, memberId);
  group.promise(memberId, request.sessionTimeoutMs);
  return joinError(kafkaErrors.MEMBER_ID_REQUIRED, memberId);
}

function suits(group: Group, request: JoinRequest): boolean {
  if (request.protocolType === '' || request.protocols.length === 0) return false;
  // A member may change what it offers, so its own former offer does not count.
  const others = group.members.filter((m) => m.id !== request.memberId && !isPredecessor(m, request));
  if (others.length === 0) return true;
  return request.protocolType === group.protocolType && fits(others, request.protocols);
}

function isPredecessor(member: Member, request: JoinRequest): boolean {
  return request.instanceId !== null && member.instanceId === request.instanceId;
}

function joinKnown(group: Group, request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
  const { memberId, instanceId } = request;
  if (group.takePromise(memberId)) return enter(group, request, memberId);
  const holder = instanceId === null ? undefined : group.staticMember(instanceId);
  if (holder !== undefined && holder.id !== memberId) return joinError(kafkaErrors.FENCED_INSTANCE_ID, memberId);
  const member = group.member(memberId);
  if (member === undefined) return joinError(kafkaErrors.UNKNOWN_MEMBER_ID, memberId);
  const unchanged = sameProtocols(member.protocols, request.protocols);
  // Unchanged: it did not get the last answer. A leader of a stable group joins to have everything assigned anew.
  const again = group.state === 'CompletingRebalance' || (group.state === 'Stable' && member.id !== group.leaderId);
  if (unchanged && again) {
    group.startSession(member);
    return joinAnswer(group, member);
  }
  member.protocols = owned(request.protocols);
  member.sessionTimeoutMs = request.sessionTimeoutMs;
  member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
  return group.holdJoin(member);
}

function joinStatic(
  group: Group,
  request: JoinRequest,
  instanceId: string,
  memberId: string,
): JoinAnswer | Promise<JoinAnswer> {
  const old = group.staticMember(instanceId);
  if (old === undefined) return enter(group, request, memberId);
  const formerLeader = group.leaderId;
  const member: Member = { ...newMember(request, memberId), assignment: old.assignment };
  group.replace(old, member);
  if (group.state !== 'Stable' || chooseProtocol(group.members) !== group.protocolName) return group.holdJoin(member);
  // A restart inside the session timeout: same generation, same assignment, nobody else notices (KIP-345).
  group.startSession(member);
  const answer = joinAnswer(group, member);
  if (member.id !== group.leaderId) return answer;
  // The leader would assign again. Newer clients are told not to; older ones are told that another one leads.
  if (request.canSkipAssignment) return { ...answer, skipAssignment: true };
  return { ...answer, leader: formerLeader ?? '', members: [] };
}

function enter(group: Group, request: JoinRequest, memberId: string): Promise<JoinAnswer> {
  const member = newMember(request, memberId);
  group.add(member, request.protocolType);
  return group.holdJoin(member);
}

function newMember(request: JoinRequest, id: string): Member {
  return {
    id,
    instanceId: request.instanceId,
    clientId: request.clientId,
    clientHost: request.clientHost,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    protocols: owned(request.protocols),
    assignment: noBytes,
    joining: null,
    syncing: null,
    sessionTimer: null,
  };
}

/** Copies: the request's bytes are views into its frame. */
function owned(protocols: readonly MemberProtocol[]): readonly MemberProtocol[] {
  return protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }));
}
