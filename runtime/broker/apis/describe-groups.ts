/** DescribeGroups: state, members, and in a stable group what each member has. */
import type { ResponseOf } from '../../protocol/api.ts';
import { describeGroups } from '../../protocol/describe-groups.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { operationsUnknown } from '../../protocol/metadata.ts';
import { answer } from '../answer.ts';
import type { Group } from '../groups/group.ts';
import { type Member, noBytes } from '../groups/member.ts';

type GroupAnswer = ResponseOf<typeof describeGroups>['groups'][number];

/** First version in which an unknown group is an error; before it was a group in state Dead. */
const notFoundFrom = 6;

export const handleDescribeGroups = answer(
  describeGroups,
  ({ groupIds }, { groups }, { version }) => ({
    throttleTimeMs: 0,
    groups: groupIds.map((groupId) => {
      const group = groups.get(groupId);
      if (group !== undefined) return describe(group);
      if (version < notFoundFrom) return empty(groupId, kafkaErrors.NONE);
      const what = groups.consumerGroup(groupId) === undefined ? 'not found' : 'is not a classic group';
      return { ...empty(groupId, kafkaErrors.GROUP_ID_NOT_FOUND), errorMessage: `Group ${groupId} ${what}.` };
    }),
  }),
  ({ groupIds }, errorCode) => ({ throttleTimeMs: 0, groups: groupIds.map((groupId) => empty(groupId, errorCode)) }),
);

function describe(group: Group): GroupAnswer {
  const stable = group.state === 'Stable';
  return {
    ...empty(group.id, kafkaErrors.NONE),
    state: group.state,
    protocolType: group.protocolType ?? '',
    protocolName: stable ? (group.protocolName ?? '') : '',
    members: group.members.map((member) => describeMember(member, stable ? group.protocolName : null)),
  };
}

/** @param protocolName null while the group is not stable: then nobody has an assignment */
function describeMember(member: Member, protocolName: string | null) {
  return {
    memberId: member.id,
    instanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    metadata: member.protocols.find((p) => p.name === protocolName)?.metadata ?? noBytes,
    assignment: protocolName === null ? noBytes : member.assignment,
  };
}

function empty(groupId: string, errorCode: number): GroupAnswer {
  return {
    errorCode,
    errorMessage: null,
    groupId,
    state: errorCode === kafkaErrors.NONE || errorCode === kafkaErrors.GROUP_ID_NOT_FOUND ? 'Dead' : '',
    protocolType: '',
    protocolName: '',
    members: [],
    operations: operationsUnknown,
  };
}
