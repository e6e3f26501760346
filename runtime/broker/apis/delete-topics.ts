/** DeleteTopics: with the topics go their records, and what groups committed for them. */
import type { RequestOf, ResponseOf } from '../../protocol/api.ts';
import { zeroUuid } from '../../protocol/codec.ts';
import { deleteTopics } from '../../protocol/delete-topics.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { answer } from '../answer.ts';
import type { BrokerState } from '../broker-state.ts';

type Request = RequestOf<typeof deleteTopics>;
type TopicAsked = Request['topics'][number];
type TopicAnswer = ResponseOf<typeof deleteTopics>['topics'][number];

export const handleDeleteTopics = answer(
  deleteTopics,
  (request, state) => ({ throttleTimeMs: 0, topics: asked(request).map((topic) => remove(topic, state)) }),
  (request, errorCode) => ({
    throttleTimeMs: 0,
    topics: asked(request).map((topic) => ({ ...topic, errorCode, errorMessage: null })),
  }),
);

/** Up to v5 the request names them in a list of strings. */
function asked({ topics, names }: Request): readonly TopicAsked[] {
  return [...topics, ...names.map((name) => ({ name, topicId: zeroUuid }))];
}

function remove(topicAsked: TopicAsked, { topics, groups }: BrokerState): TopicAnswer {
  const topic = topics.find(topicAsked);
  if (typeof topic === 'number') return { ...topicAsked, errorCode: topic, errorMessage: 'there is no such topic' };
  topics.delete(topic);
  groups.offsets.deleteTopic(topic.name);
  return { name: topic.name, topicId: topic.id, errorCode: kafkaErrors.NONE, errorMessage: null };
}
