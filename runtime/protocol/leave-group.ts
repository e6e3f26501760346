/**
 * LeaveGroup (key 13), versions 0–5: takes members out of a classic group.
 *   v1  throttle time
 *   v3  many members at once, each by member id, or by instance id with an empty member id (static membership)
 *   v4  compact encoding
 *   v5  reason of leaving, for the broker's log
 */
import { defineApi } from './api.ts';

export const leaveGroup = defineApi({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  request: (c, v) =>
    c.struct({
      groupId: c.string(),
      memberId: v <= 2 ? c.string() : c.absent(''),
      members:
        v >= 3
          ? c.array(
              c.struct({
                memberId: c.string(),
                instanceId: c.nullableString(),
                reason: v >= 5 ? c.nullableString() : c.absent(null),
              }),
            )
          : c.absent([]),
    }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: v >= 1 ? c.int32() : c.absent(0),
      errorCode: c.int16(),
      members:
        v >= 3
          ? c.array(c.struct({ memberId: c.string(), instanceId: c.nullableString(), errorCode: c.int16() }))
          : c.absent([]),
    }),
});
