/** What SyncGroup and Heartbeat lead to, state by state. */
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { syncAnswer } from './generation-answers.ts';
import type { Group } from './group.ts';
import { type SyncAnswer, syncError } from './member.ts';
import { checkMember, type MemberClaim } from './member-check.ts';

export interface SyncRequest extends MemberClaim {
  /** Null in versions that do not carry them; so is the name. */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignments: ReadonlyMap<string, Buffer>;
}

export function sync(group: Group, request: SyncRequest): SyncAnswer | Promise<SyncAnswer> {
  const check = checkMember(group, request);
  if (check.kind === 'refused') return syncError(check.errorCode);
  const otherType = request.protocolType !== null && request.protocolType !== group.protocolType;
  const otherName = request.protocolName !== null && request.protocolName !== group.protocolName;
  if (otherType || otherName) return syncError(kafkaErrors.INCONSISTENT_GROUP_PROTOCOL);
  const { member } = check;
  switch (group.state) {
    case 'PreparingRebalance':
      return syncError(kafkaErrors.REBALANCE_IN_PROGRESS);
    case 'CompletingRebalance':
      return group.holdSync(member, member.id === group.leaderId ? request.assignments : null);
    case 'Stable':
      group.synced(member);
      return syncAnswer(group, member);
    case 'Empty':
    case 'Dead':
      return syncError(kafkaErrors.UNKNOWN_MEMBER_ID);
    default:
      return group.state satisfies never;
  }
}

/** @returns an error code; 27 tells the member to join again, and keeps its session all the same */
export function heartbeat(group: Group, claim: MemberClaim): number {
  const check = checkMember(group, claim);
  if (check.kind === 'refused') return check.errorCode;
  // A held JoinGroup or SyncGroup is a sign of life of its own: no timer runs meanwhile.
  if (check.member.joining === null && check.member.syncing === null) group.startSession(check.member);
  return group.state === 'PreparingRebalance' ? kafkaErrors.REBALANCE_IN_PROGRESS : kafkaErrors.NONE;
}
