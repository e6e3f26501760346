/** DescribeTopicPartitions: topics by name, in pages that end at a partition (KIP-966). Java's topic tool asks this way. */
import type { ResponseOf } from '../../protocol/api.ts';
import { zeroUuid } from '../../protocol/codec.ts';
import { describeTopicPartitions } from '../../protocol/describe-topic-partitions.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { operationsUnknown } from '../../protocol/metadata.ts';
import { answer } from '../answer.ts';
import { nodeId } from '../broker-state.ts';
import { leaderEpoch } from '../log/partition.ts';
import { nameFault, type Topic } from '../topics.ts';

type Response = ResponseOf<typeof describeTopicPartitions>;
type TopicAnswer = Response['topics'][number];

/** Kafka's `max.request.partition.size.limit`. */
const partitionsMax = 2000;

export const handleDescribeTopicPartitions = answer(
  describeTopicPartitions,
  (request, { topics }) => {
    const cursor = request.cursor;
    const asked = request.topics.length === 0 ? topics.all().map((t) => t.name) : request.topics.map((t) => t.name);
    const names = asked.sort().filter((name) => cursor === null || name >= cursor.topic);
    const answers: TopicAnswer[] = [];
    let left = Math.min(request.partitionLimit > 0 ? request.partitionLimit : partitionsMax, partitionsMax);
    for (const name of names) {
      if (left === 0) return { throttleTimeMs: 0, topics: answers, nextCursor: { topic: name, partition: 0 } };
      const topic = topics.get(name);
      const from = cursor?.topic === name ? cursor.partition : 0;
      const count = topic === undefined ? 0 : Math.min(left, Math.max(0, topic.partitions.length - from));
      answers.push(topic === undefined ? missing(name) : page(topic, from, count));
      left -= count;
      if (topic !== undefined && from + count < topic.partitions.length) {
        const nextCursor = { topic: name, partition: from + count };
        return { throttleTimeMs: 0, topics: answers, nextCursor };
      }
    }
    return { throttleTimeMs: 0, topics: answers, nextCursor: null };
  },
  (request, errorCode) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name }) => ({ ...missing(name), errorCode })),
    nextCursor: null,
  }),
);

function page({ name, id }: Topic, from: number, count: number): TopicAnswer {
  const partitions = Array.from({ length: count }, (_, i) => ({
    errorCode: kafkaErrors.NONE,
    partition: from + i,
    leader: nodeId,
    leaderEpoch,
    replicas: [nodeId],
    isr: [nodeId],
    eligibleLeaderReplicas: [],
    lastKnownEligibleLeaderReplicas: [],
    offlineReplicas: [],
  }));
  return { ...missing(name), errorCode: kafkaErrors.NONE, topicId: id, partitions };
}

function missing(name: string): TopicAnswer {
  const invalid = nameFault(name) !== null;
  return {
    errorCode: invalid ? kafkaErrors.INVALID_TOPIC_EXCEPTION : kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION,
    name,
    topicId: zeroUuid,
    internal: false,
    partitions: [],
    operations: operationsUnknown,
  };
}
