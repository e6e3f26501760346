/**
 * SyncGroup (key 14), versions 0–5: the leader of a classic group hands in the assignments, every member gets its own.
 *   v1  throttle time
 *   v3  group instance id (static membership)
 *   v4  compact encoding
 *   v5  protocol type and name, so that the broker can refuse a member that believes in other ones
 */
import { defineApi } from './api.ts';

export const syncGroup = defineApi({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  request: (c, v) =>
    c.struct({
      groupId: c.string(),
      generation: c.int32(),
      memberId: c.string(),
      instanceId: v >= 3 ? c.nullableString() : c.absent(null),
      protocolType: v >= 5 ? c.nullableString() : c.absent(null),
      protocolName: v >= 5 ? c.nullableString() : c.absent(null),
      /** Empty from all but the leader. */
      assignments: c.array(c.struct({ memberId: c.string(), assignment: c.bytes() })),
    }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: v >= 1 ? c.int32() : c.absent(0),
      errorCode: c.int16(),
      protocolType: v >= 5 ? c.nullableString() : c.absent(null),
      protocolName: v >= 5 ? c.nullableString() : c.absent(null),
      /** See `consumer-protocol.ts`; empty on errors. */
      assignment: c.bytes(),
    }),
});
