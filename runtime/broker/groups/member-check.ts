/** Whether a request comes from a member of the generation there is; asked by everything but joining. */
import { kafkaErrors } from '../../protocol/error-codes.ts';
import type { Group } from './group.ts';
import type { Member } from './member.ts';

export interface MemberClaim {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generation: number;
}

export type MemberCheck =
  | { readonly kind: 'member'; readonly member: Member }
  | { readonly kind: 'refused'; readonly errorCode: number };

export function checkMember(group: Group, claim: MemberClaim): MemberCheck {
  const holder = claim.instanceId === null ? undefined : group.staticMember(claim.instanceId);
  if (holder !== undefined && holder.id !== claim.memberId) return refused(kafkaErrors.FENCED_INSTANCE_ID);
  const member = group.member(claim.memberId);
  if (member === undefined) return refused(kafkaErrors.UNKNOWN_MEMBER_ID);
  if (claim.generation !== group.generation) return refused(kafkaErrors.ILLEGAL_GENERATION);
  return { kind: 'member', member };
}

function refused(errorCode: number): MemberCheck {
  return { kind: 'refused', errorCode };
}
