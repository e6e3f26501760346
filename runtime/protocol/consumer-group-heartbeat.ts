/**
 * ConsumerGroupHeartbeat (key 68), versions 0–1, compact: the one request of the new group protocol (KIP-848); it
 * joins, says what the member owns, and brings its target assignment.
 *   v1  the client makes up its member id; subscription by regular expression
 * Fields that did not change since the last heartbeat are null (−1 for the timeout).
 */
import { defineApi } from './api.ts';

/** Values of `memberEpoch` with a meaning of their own. */
export const memberEpochs = { join: 0, leave: -1, leaveStatic: -2 } as const;

export const consumerGroupHeartbeat = defineApi({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexibleFrom: 0,
  request: (c, v) =>
    c.struct({
      groupId: c.string(),
      memberId: c.string(),
      memberEpoch: c.int32(),
      instanceId: c.nullableString(),
      rackId: c.nullableString(),
      rebalanceTimeoutMs: c.int32(),
      subscribedTopics: c.nullableArray(c.string()),
      subscribedRegex: v >= 1 ? c.nullableString() : c.absent(null),
      assignor: c.nullableString(),
      /** Leaving a partition out acknowledges that it was revoked. */
      owned: c.nullableArray(c.struct({ topicId: c.uuid(), partitions: c.array(c.int32()) })),
    }),
  response: (c) =>
    c.struct({
      throttleTimeMs: c.int32(),
      errorCode: c.int16(),
      errorMessage: c.nullableString(),
      memberId: c.nullableString(),
      memberEpoch: c.int32(),
      heartbeatIntervalMs: c.int32(),
      /** The whole target; null: unchanged. */
      assignment: c.nullableStruct({
        topics: c.array(c.struct({ topicId: c.uuid(), partitions: c.array(c.int32()) })),
      }),
    }),
});
