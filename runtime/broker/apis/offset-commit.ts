/** OffsetCommit: from members, and from outside of a group that has none. */
import type { RequestOf } from '../../protocol/api.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { offsetCommit } from '../../protocol/offset-commit.ts';
import { answer } from '../answer.ts';
import type { BrokerState } from '../broker-state.ts';
import type { PartitionFault } from '../groups/consumer-commit.ts';

type Request = RequestOf<typeof offsetCommit>;
type TopicAsked = Request['topics'][number];
type PartitionAsked = TopicAsked['partitions'][number];

/** Kafka's `offset.metadata.max.bytes`. */
export const offsetMetadataBytesMax = 4096;

export const handleOffsetCommit = answer(
  offsetCommit,
  (request, state, { version }) => {
    const fault = state.groups.mayCommit(request.groupId, request, version);
    return mapPartitions(request, (topic, partition) => commit(request.groupId, topic, partition, fault, state));
  },
  (request, errorCode) => mapPartitions(request, () => errorCode),
);

function commit(
  groupId: string,
  topicAsked: TopicAsked,
  asked: PartitionAsked,
  fault: PartitionFault,
  state: BrokerState,
): number {
  const topic = state.topics.find(topicAsked);
  const errorCode = fault(typeof topic === 'number' ? topicAsked.topicId : topic.id, asked.partition);
  if (errorCode !== kafkaErrors.NONE) return errorCode;
  if (typeof topic === 'number') return topic;
  if (topic.partitions[asked.partition] === undefined) return kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION;
  const { partition, offset, leaderEpoch } = asked;
  const metadata = asked.metadata ?? '';
  if (Buffer.byteLength(metadata) > offsetMetadataBytesMax) return kafkaErrors.OFFSET_METADATA_TOO_LARGE;
  state.groups.offsets.commit(groupId, { topic: topic.name, partition, offset, leaderEpoch, metadata });
  return kafkaErrors.NONE;
}

function mapPartitions(request: Request, run: (topic: TopicAsked, partition: PartitionAsked) => number) {
  return {
    throttleTimeMs: 0,
    topics: request.topics.map((topic) => ({
      name: topic.name,
      topicId: topic.topicId,
      partitions: topic.partitions.map((p) => ({ partition: p.partition, errorCode: run(topic, p) })),
    })),
  };
}
