/**
 * ConsumerGroupDescribe (key 69), versions 0–1, compact: state and members of groups of the new protocol (KIP-848).
 *   v1  type of each member, so that classic members of such a group can be told
 */
import { defineApi } from './api.ts';
import type { Words } from './codec.ts';

/** Values of `memberType`. */
export const memberTypes = { unknown: -1, classic: 0, consumer: 1 } as const;

export const consumerGroupDescribe = defineApi({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
  flexibleFrom: 0,
  request: (c) => c.struct({ groupIds: c.array(c.string()), includeOperations: c.bool() }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: c.int32(),
      groups: c.array(
        c.struct({
          errorCode: c.int16(),
          errorMessage: c.nullableString(),
          groupId: c.string(),
          state: c.string(),
          groupEpoch: c.int32(),
          assignmentEpoch: c.int32(),
          assignor: c.string(),
          members: c.array(member(c, v)),
          operations: c.int32(),
        }),
      ),
    }),
});

function member(c: Words, v: number) {
  return c.struct({
    memberId: c.string(),
    instanceId: c.nullableString(),
    rackId: c.nullableString(),
    memberEpoch: c.int32(),
    clientId: c.string(),
    clientHost: c.string(),
    subscribedTopics: c.array(c.string()),
    subscribedRegex: c.nullableString(),
    assignment: assignment(c),
    targetAssignment: assignment(c),
    memberType: v >= 1 ? c.int8() : c.absent(-1),
  });
}

function assignment(c: Words) {
  return c.struct({
    topics: c.array(c.struct({ topicId: c.uuid(), name: c.string(), partitions: c.array(c.int32()) })),
  });
}
