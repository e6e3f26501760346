/** CreateTopics: with partition count and replication factor, or with a list of replicas, which can only be this node. */
import type { RequestOf, ResponseOf } from '../../protocol/api.ts';
import { zeroUuid } from '../../protocol/codec.ts';
import { configSources } from '../../protocol/config-values.ts';
import { createTopics } from '../../protocol/create-topics.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { answer } from '../answer.ts';
import { type BrokerState, nodeId } from '../broker-state.ts';
import { topicConfigs } from '../topic-configs.ts';
import type { NewTopic, Refusal } from '../topics.ts';

type TopicAsked = RequestOf<typeof createTopics>['topics'][number];
type TopicAnswer = ResponseOf<typeof createTopics>['topics'][number];

export const handleCreateTopics = answer(
  createTopics,
  ({ topics, validateOnly }, state) => {
    const repeated = new Set(topics.map((t) => t.name).filter((name, i, all) => all.indexOf(name) !== i));
    return { throttleTimeMs: 0, topics: topics.map((t) => create(t, repeated.has(t.name), validateOnly, state)) };
  },
  ({ topics }, errorCode) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name }) => refused(name, { errorCode, message: 'refused by a test' })),
  }),
);

function create(asked: TopicAsked, repeated: boolean, validateOnly: boolean, state: BrokerState): TopicAnswer {
  const { name } = asked;
  if (repeated) return refused(name, { errorCode: kafkaErrors.INVALID_REQUEST, message: 'the topic is named twice' });
  const misplaced = assignmentFault(asked);
  if (misplaced !== null) return refused(name, misplaced);
  const topic: NewTopic = {
    name,
    partitionCount: asked.assignments.length > 0 ? asked.assignments.length : asked.partitionCount,
    replicationFactor: asked.replicationFactor,
    settings: Object.fromEntries(asked.configs.map((c) => [c.name, c.value])),
  };
  const fault = state.topics.fault(topic);
  if (fault !== null) return refused(name, fault);
  const partitionCount = topic.partitionCount === -1 ? state.topics.defaultPartitions : topic.partitionCount;
  const topicId = validateOnly ? zeroUuid : state.topics.create(topic).id;
  return {
    ...refused(name, { errorCode: kafkaErrors.NONE, message: null }),
    topicId,
    partitionCount,
    replicationFactor: 1,
    configs: Object.entries(topicConfigs).map(([key, { defaultValue }]) => ({
      name: key,
      value: topic.settings[key] ?? defaultValue,
      readOnly: false,
      source: key in topic.settings ? configSources.topic : configSources.default,
      sensitive: false,
    })),
  };
}

function assignmentFault({ assignments, partitionCount, replicationFactor }: TopicAsked): Refusal | null {
  if (assignments.length === 0) return null;
  if (partitionCount !== -1 || replicationFactor !== -1) {
    const message = 'with a list of replicas, partition count and replication factor must be -1';
    return { errorCode: kafkaErrors.INVALID_REQUEST, message };
  }
  const partitions = assignments.map((a) => a.partition).sort((a, b) => a - b);
  const consecutive = partitions.every((partition, i) => partition === i);
  const here = assignments.every((a) => a.brokerIds.length === 1 && a.brokerIds[0] === nodeId);
  if (consecutive && here) return null;
  const message = `expected partitions from 0 on without gaps, each with the one replica ${nodeId}`;
  return { errorCode: kafkaErrors.INVALID_REPLICA_ASSIGNMENT, message };
}

function refused(name: string, fault: { readonly errorCode: number; readonly message: string | null }): TopicAnswer {
  return {
    name,
    topicId: zeroUuid,
    errorCode: fault.errorCode,
    errorMessage: fault.message,
    configErrorCode: kafkaErrors.NONE,
    partitionCount: -1,
    replicationFactor: -1,
    configs: [],
  };
}
