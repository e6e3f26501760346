/** Whether a member of a group of the consumer protocol may commit: decided partition by partition. */
import { kafkaErrors } from '../../protocol/error-codes.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import type { MemberClaim } from './member-check.ts';
import { partitionId } from './partition-ids.ts';

/** First version of OffsetCommit whose generation may be a member epoch. */
const memberEpochFrom = 9;

/** @returns the error code for a partition */
export type PartitionFault = (topicId: string, partition: number) => number;

/**
 * Offsets of an older epoch are good where the partition was the member's already, and still is: its epoch may have
 * moved on while the commit was on its way (KIP-1251).
 * @param version of OffsetCommit; null inside a transaction
 */
export function commitFault(group: ConsumerGroup, claim: MemberClaim, version: number | null): PartitionFault {
  const { memberId, generation } = claim;
  const all =
    (errorCode: number): PartitionFault =>
    () =>
      errorCode;
  // Administrators, and consumers that choose their partitions themselves, come without an epoch.
  if (generation < 0 && group.state === 'Empty') return all(kafkaErrors.NONE);
  const member = group.member(memberId);
  if (member === undefined) return all(kafkaErrors.UNKNOWN_MEMBER_ID);
  if (version !== null && version < memberEpochFrom) return all(kafkaErrors.UNSUPPORTED_VERSION);
  const { epoch, assigned } = member.position;
  if (generation === epoch) return all(kafkaErrors.NONE);
  if (generation > epoch || generation < 0) return all(kafkaErrors.STALE_MEMBER_EPOCH);
  return (topicId, partition) => {
    const since = assigned.get(partitionId(topicId, partition));
    return since !== undefined && since <= generation ? kafkaErrors.NONE : kafkaErrors.STALE_MEMBER_EPOCH;
  };
}
