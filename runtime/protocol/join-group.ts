/**
 * JoinGroup (key 11), versions 0–9: enters a classic group; answered when all members are there. The leader gets every
 * member's subscription (`consumer-protocol.ts`) and sends the assignments with SyncGroup.
 *   v1  rebalance timeout (before: the session timeout)
 *   v2  throttle time
 *   v4  a first request without a member id is answered with error 79 and an id to join with
 *   v5  group instance id (static membership)
 *   v6  compact encoding
 *   v7  protocol type in the response, whose protocol name may be null on errors
 *   v8  reason of joining, for the broker's log
 *   v9  the leader may be told to skip the assignment (it rejoined and nothing changed)
 */
import { defineApi } from './api.ts';

export const joinGroup = defineApi({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexibleFrom: 6,
  request: (c, v) =>
    c.struct({
      groupId: c.string(),
      sessionTimeoutMs: c.int32(),
      rebalanceTimeoutMs: v >= 1 ? c.int32() : c.absent(-1),
      memberId: c.string(),
      instanceId: v >= 5 ? c.nullableString() : c.absent(null),
      protocolType: c.string(),
      /** In order of preference. */
      protocols: c.array(c.struct({ name: c.string(), metadata: c.bytes() })),
      reason: v >= 8 ? c.nullableString() : c.absent(null),
    }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: v >= 2 ? c.int32() : c.absent(0),
      errorCode: c.int16(),
      generation: c.int32(),
      protocolType: v >= 7 ? c.nullableString() : c.absent(null),
      protocolName: v >= 7 ? c.nullableString() : c.string(),
      /** Member id of the leader. */
      leader: c.string(),
      skipAssignment: v >= 9 ? c.bool() : c.absent(false),
      memberId: c.string(),
      /** Empty for all but the leader. */
      members: c.array(
        c.struct({
          memberId: c.string(),
          instanceId: v >= 5 ? c.nullableString() : c.absent(null),
          metadata: c.bytes(),
        }),
      ),
    }),
});
