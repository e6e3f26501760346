/** OffsetFetch: what a group has committed; of one group up to v7, of several from v8 on. */
import type { RequestOf, ResponseOf } from '../../protocol/api.ts';
import { zeroUuid } from '../../protocol/codec.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { offsetFetch } from '../../protocol/offset-fetch.ts';
import { answer } from '../answer.ts';
import type { BrokerState } from '../broker-state.ts';
import type { Topic } from '../topics.ts';

type Request = RequestOf<typeof offsetFetch>;
type TopicsAsked = Request['topics'];
type TopicAnswer = ResponseOf<typeof offsetFetch>['topics'][number];
type PartitionAnswer = TopicAnswer['partitions'][number];

const severalFrom = 8;
const topicIdsFrom = 10;

export const handleOffsetFetch = answer(
  offsetFetch,
  (request, state, { version }) => {
    const read = (groupId: string, topics: TopicsAsked): readonly TopicAnswer[] =>
      fetchTopics(groupId, topics ?? allTopics(groupId, state, version >= topicIdsFrom), request.requireStable, state);
    const none = { throttleTimeMs: 0, errorCode: kafkaErrors.NONE };
    if (version < severalFrom) return { ...none, topics: read(request.groupId, request.topics), groups: [] };
    const groups = request.groups.map(({ groupId, memberId, memberEpoch, topics }) => {
      const errorCode = state.groups.mayFetch(groupId, memberId, memberEpoch);
      return { groupId, topics: errorCode === kafkaErrors.NONE ? read(groupId, topics) : [], errorCode };
    });
    return { ...none, topics: [], groups };
  },
  (request, errorCode) => ({
    throttleTimeMs: 0,
    errorCode,
    topics: (request.topics ?? []).map((topic) => answerTopic(topic, (p) => nothing(p, errorCode))),
    groups: request.groups.map(({ groupId }) => ({ groupId, topics: [], errorCode })),
  }),
);

function fetchTopics(
  groupId: string,
  topics: NonNullable<TopicsAsked>,
  requireStable: boolean,
  state: BrokerState,
): readonly TopicAnswer[] {
  return topics.map((asked) => {
    const topic = state.topics.find(asked);
    // Only an id can be unknown: offsets under a name are answered with "nothing committed".
    const name = typeof topic === 'number' ? asked.name : topic.name;
    const unknownId = typeof topic === 'number' && asked.topicId !== zeroUuid;
    return answerTopic(asked, (partition) => {
      if (unknownId) return nothing(partition, kafkaErrors.UNKNOWN_TOPIC_ID);
      return fetchPartition(groupId, name, partition, requireStable, state);
    });
  });
}

function fetchPartition(
  groupId: string,
  topic: string,
  partition: number,
  requireStable: boolean,
  { groups }: BrokerState,
): PartitionAnswer {
  const unstable = requireStable && groups.offsets.isUnstable(groupId, { topic, partition });
  if (unstable) return nothing(partition, kafkaErrors.UNSTABLE_OFFSET_COMMIT);
  const found = groups.offsets.get(groupId, { topic, partition });
  if (found === undefined) return nothing(partition, kafkaErrors.NONE);
  const { offset, leaderEpoch, metadata } = found;
  return { partition, offset, leaderEpoch, metadata, errorCode: kafkaErrors.NONE };
}

/** @param byId leaves out topics that are gone, which have no id any more */
function allTopics(groupId: string, { groups, topics }: BrokerState, byId: boolean): NonNullable<TopicsAsked> {
  const partitions = new Map<string, number[]>();
  for (const { topic, partition } of groups.offsets.all(groupId)) {
    partitions.set(topic, [...(partitions.get(topic) ?? []), partition]);
  }
  const found = [...partitions].map(([name, list]) => ({ name, partitions: list, topic: topics.get(name) }));
  return found
    .filter((t): t is typeof t & { topic: Topic } => !byId || t.topic !== undefined)
    .map((t) => ({ name: t.name, topicId: byId ? t.topic.id : zeroUuid, partitions: t.partitions }));
}

function answerTopic(
  { name, topicId, partitions }: NonNullable<TopicsAsked>[number],
  run: (partition: number) => PartitionAnswer,
): TopicAnswer {
  return { name, topicId, partitions: partitions.map(run) };
}

function nothing(partition: number, errorCode: number): PartitionAnswer {
  return { partition, offset: -1, leaderEpoch: -1, metadata: '', errorCode };
}
