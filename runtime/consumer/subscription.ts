/**
 * What a member of a classic group tells its leader about itself: topics, and the partitions that it holds. Others of
 * the protocol `cooperative-sticky` read it too, and we read theirs:
 *
 *   v2 and newer   owned partitions and their generation have fields of their own
 *   v1             the generation stands in the user data, four bytes (Java before 3.4)
 *   v0             says nothing about what it owns
 */
import type { TopicPartition } from '../core/record-set.ts';
import { readSubscription, writeSubscription } from '../protocol/consumer-protocol.ts';
import type { GroupMember } from './assignor.ts';
import { byTopic } from './partition-list.ts';

export interface Claim {
  readonly owned: readonly TopicPartition[];
  /** In which they were given to us; −1 with none. */
  readonly generation: number;
}

const generationBytes = 4;

export function introduce(topics: readonly string[], { owned, generation }: Claim): Buffer {
  // Java before 3.4 reads the generation here, everybody else in its field.
  const userData = Buffer.alloc(generationBytes);
  userData.writeInt32BE(generation);
  return writeSubscription({ version: 3, topics, userData, owned: byTopic(owned), generation, rackId: null });
}

/** @throws ProtocolError where the bytes are no subscription */
export function readIntroduction(metadata: Buffer): Pick<GroupMember, 'topics' | 'owned' | 'generation'> {
  const { version, topics, owned, generation, userData } = readSubscription(metadata);
  return {
    topics,
    owned: owned.flatMap(({ name, partitions }) => partitions.map((partition) => ({ topic: name, partition }))),
    generation: version < 2 && userData?.length === generationBytes ? userData.readInt32BE() : generation,
  };
}
