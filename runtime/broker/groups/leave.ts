/** What LeaveGroup leads to. */
import { kafkaErrors } from '../../protocol/error-codes.ts';
import type { Group } from './group.ts';

export interface Leaving {
  /** Empty to take out a static member by its instance id, as administrators do. */
  readonly memberId: string;
  readonly instanceId: string | null;
}

/** @returns an error code */
export function leave(group: Group, { memberId, instanceId }: Leaving): number {
  const holder = instanceId === null ? undefined : group.staticMember(instanceId);
  if (instanceId !== null && holder === undefined) return kafkaErrors.UNKNOWN_MEMBER_ID;
  if (holder !== undefined && memberId !== '' && holder.id !== memberId) return kafkaErrors.FENCED_INSTANCE_ID;
  if (group.withdrawPromise(memberId)) return kafkaErrors.NONE;
  const member = holder ?? group.member(memberId);
  if (member === undefined) return kafkaErrors.UNKNOWN_MEMBER_ID;
  group.remove(member);
  return kafkaErrors.NONE;
}
