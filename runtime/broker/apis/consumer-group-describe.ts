/** ConsumerGroupDescribe: state, epochs and members of groups of the consumer protocol. */
import type { ResponseOf } from '../../protocol/api.ts';
import { consumerGroupDescribe, memberTypes } from '../../protocol/consumer-group-describe.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { operationsUnknown } from '../../protocol/metadata.ts';
import { answer } from '../answer.ts';
import type { ConsumerGroup } from '../groups/consumer-group.ts';
import type { ConsumerMember } from '../groups/consumer-member.ts';
import { type PartitionId, toTopicPartitions } from '../groups/partition-ids.ts';
import { uniformAssignor } from '../groups/uniform-assignor.ts';
import type { Topics } from '../topics.ts';

type GroupAnswer = ResponseOf<typeof consumerGroupDescribe>['groups'][number];

export const handleConsumerGroupDescribe = answer(
  consumerGroupDescribe,
  ({ groupIds }, { groups, topics }) => ({
    throttleTimeMs: 0,
    groups: groupIds.map((groupId) => {
      const group = groups.consumerGroup(groupId);
      if (group !== undefined) return describe(group, topics);
      const what = groups.get(groupId) === undefined ? 'not found' : 'is not a consumer group';
      return refused(groupId, kafkaErrors.GROUP_ID_NOT_FOUND, `Group ${groupId} ${what}.`);
    }),
  }),
  ({ groupIds }, errorCode) => ({
    throttleTimeMs: 0,
    groups: groupIds.map((groupId) => refused(groupId, errorCode, null)),
  }),
);

function describe(group: ConsumerGroup, topics: Topics): GroupAnswer {
  return {
    ...refused(group.id, kafkaErrors.NONE, null),
    state: group.state,
    groupEpoch: group.epoch,
    assignmentEpoch: group.targetEpoch,
    assignor: uniformAssignor,
    members: group.members.map((member) => describeMember(group, member, topics)),
  };
}

function describeMember(group: ConsumerGroup, member: ConsumerMember, topics: Topics): GroupAnswer['members'][number] {
  const { position, subscription } = member;
  return {
    memberId: member.id,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: position.epoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopics: subscription.topics,
    subscribedRegex: subscription.regex,
    // What it is asked to give up is still its own.
    assignment: assignment([...position.assigned.keys(), ...position.revoking], topics),
    targetAssignment: assignment(group.targetOf(member), topics),
    memberType: memberTypes.consumer,
  };
}

/** Without topics that were deleted meanwhile: they have no name any more. */
function assignment(partitions: Iterable<PartitionId>, topics: Topics) {
  return {
    topics: toTopicPartitions(partitions).flatMap((of) => {
      const topic = topics.byId(of.topicId);
      return topic === undefined ? [] : [{ ...of, name: topic.name }];
    }),
  };
}

function refused(groupId: string, errorCode: number, errorMessage: string | null): GroupAnswer {
  const nothing = { state: '', groupEpoch: 0, assignmentEpoch: 0, assignor: '', members: [] };
  return { groupId, errorCode, errorMessage, ...nothing, operations: operationsUnknown };
}
