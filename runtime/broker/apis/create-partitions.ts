/** CreatePartitions: more partitions for a topic, all on this node. */
import type { RequestOf } from '../../protocol/api.ts';
import { createPartitions } from '../../protocol/create-partitions.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { answer } from '../answer.ts';
import { type BrokerState, nodeId } from '../broker-state.ts';

type TopicAsked = RequestOf<typeof createPartitions>['topics'][number];

export const handleCreatePartitions = answer(
  createPartitions,
  ({ topics, validateOnly }, state) => ({
    throttleTimeMs: 0,
    topics: topics.map((asked) => ({ name: asked.name, ...grow(asked, validateOnly, state) })),
  }),
  ({ topics }, errorCode) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name }) => ({ name, errorCode, errorMessage: null })),
  }),
);

function grow({ name, partitionCount, assignments }: TopicAsked, validateOnly: boolean, { topics }: BrokerState) {
  const topic = topics.get(name);
  if (topic === undefined) {
    return { errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: 'there is no such topic' };
  }
  const added = partitionCount - topic.partitions.length;
  const here = assignments?.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === nodeId) ?? true;
  if (!here || (assignments !== null && assignments.length !== added)) {
    const errorMessage = `expected one list with the one replica ${nodeId} for each of ${added} added partitions`;
    return { errorCode: kafkaErrors.INVALID_REPLICA_ASSIGNMENT, errorMessage };
  }
  const fault = topics.addPartitions(topic, partitionCount, validateOnly);
  return { errorCode: fault?.errorCode ?? kafkaErrors.NONE, errorMessage: fault?.message ?? null };
}
