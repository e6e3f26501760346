/**
 * Deals partitions out so that as few as possible move, by Kafka's protocol `cooperative-sticky` (KIP-429). A partition
 * that has to move takes two rounds: in the first one nobody gets it, its owner gives it up and joins again.
 *
 *   owned          x: a0 a1 a2 a3   y: (new)
 *   first round    x: a0 a1         y: –            a2, a3 are still x's until x has heard of it
 *   second round   x: a0 a1         y: a2 a3        nobody claims them any more
 *
 * With equal subscriptions no member has more than one partition above another after the second round, and no more of
 * them move than that takes.
 */
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { Assignor, GroupMember } from './assignor.ts';
import { compareText, inOrder } from './member-order.ts';

export const cooperativeSticky: Assignor = {
  name: 'cooperative-sticky',
  cooperative: true,
  assign(members, partitionCounts) {
    const claims = readClaims(members, partitionCounts);
    const shares = inOrder(members).map((member): Share => {
      const mine = member.owned.filter((partition) => claims.get(partitionKey(partition))?.owner === member);
      return { member, topics: new Set(member.topics), partitions: unique(mine) };
    });
    for (const partition of withoutOwner(members, partitionCounts, claims)) {
      poorest(shares, partition.topic)?.partitions.push(partition);
    }
    level(shares);
    return new Map(
      shares.map(({ member, partitions }) => [
        member.memberId,
        partitions.filter((partition) => isFree(claims.get(partitionKey(partition)), member)),
      ]),
    );
  },
};

interface Share {
  readonly member: GroupMember;
  readonly topics: ReadonlySet<string>;
  readonly partitions: TopicPartition[];
}

interface Claim {
  /** Null when two claim it of one generation, which cannot both be right. */
  owner: GroupMember | null;
  generation: number;
}

/** Of two that claim a partition the one of the newer generation is right: the other has missed that it moved. */
function readClaims(
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
): ReadonlyMap<string, Claim> {
  const claims = new Map<string, Claim>();
  for (const member of members) {
    const topics = new Set(member.topics);
    for (const partition of unique(member.owned)) {
      const exists = topics.has(partition.topic) && partition.partition < (partitionCounts.get(partition.topic) ?? 0);
      const owner = exists ? member : null;
      const key = partitionKey(partition);
      const other = claims.get(key);
      if (other === undefined || member.generation > other.generation) {
        claims.set(key, { owner, generation: member.generation });
      } else if (member.generation === other.generation) other.owner = null;
    }
  }
  return claims;
}

/** What nobody holds may be given out at once; what somebody holds only to that one. */
function isFree(claim: Claim | undefined, member: GroupMember): boolean {
  return claim === undefined || claim.owner === member;
}

function withoutOwner(
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
  claims: ReadonlyMap<string, Claim>,
): TopicPartition[] {
  const topics = [...new Set(members.flatMap((member) => member.topics))].sort(compareText);
  return topics
    .flatMap((topic) =>
      Array.from({ length: partitionCounts.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })),
    )
    .filter((partition) => (claims.get(partitionKey(partition))?.owner ?? null) === null);
}

function poorest(shares: readonly Share[], topic: string): Share | undefined {
  let found: Share | undefined;
  for (const share of shares) {
    if (!share.topics.has(topic)) continue;
    if (found === undefined || share.partitions.length < found.partitions.length) found = share;
  }
  return found;
}

/** Moves one partition after the other from a rich member to a poor one. Ends: each move lessens the sum of squares. */
function level(shares: readonly Share[]): void {
  for (let moved = true; moved; ) {
    // The sort is stable, so members of one size stay in their order.
    const byPoverty = [...shares].sort((a, b) => a.partitions.length - b.partitions.length);
    moved = moveOne(byPoverty);
  }
}

function moveOne(byPoverty: readonly Share[]): boolean {
  for (const rich of byPoverty.toReversed()) {
    for (const poor of byPoverty) {
      if (rich.partitions.length - poor.partitions.length < 2) break;
      // What came last is what was given out in this deal, if anything was: it moves for nothing.
      const at = rich.partitions.findLastIndex(({ topic }) => poor.topics.has(topic));
      if (at < 0) continue;
      poor.partitions.push(...rich.partitions.splice(at, 1));
      return true;
    }
  }
  return false;
}

function unique(partitions: readonly TopicPartition[]): TopicPartition[] {
  return [...new Map(partitions.map((partition) => [partitionKey(partition), partition])).values()];
}
