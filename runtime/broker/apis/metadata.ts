/** Metadata: one broker, which leads every partition. Makes a missing topic when client and broker both want that. */
import type { ResponseOf } from '../../protocol/api.ts';
import { zeroUuid } from '../../protocol/codec.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { metadata, operationsUnknown } from '../../protocol/metadata.ts';
import { answer } from '../answer.ts';
import { type BrokerState, nodeId } from '../broker-state.ts';
import { leaderEpoch } from '../log/partition.ts';
import { nameFault, type Topic } from '../topics.ts';

type TopicMetadata = ResponseOf<typeof metadata>['topics'][number];

/** First version whose answer may name a topic by its id alone. */
const nullNameFrom = 12;

interface TopicAsked {
  readonly name: string | null;
  readonly topicId: string;
}

export const handleMetadata = answer(
  metadata,
  (request, state, { version }) => {
    const all = request.topics === null || (version === 0 && request.topics.length === 0);
    const topics = all
      ? state.topics.all().map(described)
      : (request.topics ?? []).map((asked) => describe(sayable(asked, version), request.autoCreateTopics, state));
    return {
      throttleTimeMs: 0,
      brokers: [{ nodeId, ...state.address(), rack: null }],
      clusterId: state.clusterId,
      controllerId: nodeId,
      topics,
      clusterOperations: operationsUnknown,
      errorCode: kafkaErrors.NONE,
    };
  },
  (request, errorCode) => ({
    throttleTimeMs: 0,
    brokers: [],
    clusterId: null,
    controllerId: -1,
    topics: (request.topics ?? []).map((asked) => missing(asked, errorCode)),
    clusterOperations: operationsUnknown,
    errorCode,
  }),
);

/** Versions 10 and 11 take ids and null names in requests, but their answers have no null name: Kafka says "" there. */
function sayable(asked: TopicAsked, version: number): TopicAsked {
  return asked.name === null && version < nullNameFrom ? { ...asked, name: '' } : asked;
}

function describe(asked: TopicAsked, mayCreate: boolean, state: BrokerState): TopicMetadata {
  const { name } = asked;
  const found = state.topics.find(asked);
  if (typeof found !== 'number') return described(found);
  if (name === null || asked.topicId !== zeroUuid) return missing(asked, found);
  if (nameFault(name) !== null) return missing(asked, kafkaErrors.INVALID_TOPIC_EXCEPTION);
  if (!mayCreate || !state.autoCreateTopics) return missing(asked, found);
  return described(state.topics.create({ name, partitionCount: -1, replicationFactor: -1, settings: {} }));
}

function described(topic: Topic): TopicMetadata {
  return {
    errorCode: kafkaErrors.NONE,
    name: topic.name,
    topicId: topic.id,
    internal: false,
    partitions: topic.partitions.map((_, partition) => ({
      errorCode: kafkaErrors.NONE,
      partition,
      leader: nodeId,
      leaderEpoch,
      replicas: [nodeId],
      isr: [nodeId],
      offlineReplicas: [],
    })),
    operations: operationsUnknown,
  };
}

function missing({ name, topicId }: TopicAsked, errorCode: number): TopicMetadata {
  return { errorCode, name, topicId, internal: false, partitions: [], operations: operationsUnknown };
}
