/**
 * OffsetCommit (key 8), versions 2–10: stores the next offsets to read of a group.
 *   v2   how long to keep them (−1: as the broker is set up); older versions are left out
 *   v3   throttle time
 *   v5   the retention time is gone
 *   v6   leader epoch of the offset
 *   v7   group instance id (static membership)
 *   v8   compact encoding
 *   v9   groups of the new protocol (KIP-848), where `generation` is the member epoch; error 113 STALE_MEMBER_EPOCH
 *   v10  topic ids instead of names
 */
import { defineApi } from './api.ts';
import { zeroUuid } from './codec.ts';

export const offsetCommit = defineApi({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 10],
  flexibleFrom: 8,
  request: (c, v) =>
    c.struct({
      groupId: c.string(),
      /** Generation or member epoch; −1 from outside of the group. */
      generation: c.int32(),
      memberId: c.string(),
      instanceId: v >= 7 ? c.nullableString() : c.absent(null),
      retentionTimeMs: v <= 4 ? c.int64() : c.absent(-1),
      topics: c.array(
        c.struct({
          name: v <= 9 ? c.string() : c.absent(''),
          topicId: v >= 10 ? c.uuid() : c.absent(zeroUuid),
          partitions: c.array(
            c.struct({
              partition: c.int32(),
              offset: c.int64(),
              leaderEpoch: v >= 6 ? c.int32() : c.absent(-1),
              metadata: c.nullableString(),
            }),
          ),
        }),
      ),
    }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: v >= 3 ? c.int32() : c.absent(0),
      topics: c.array(
        c.struct({
          name: v <= 9 ? c.string() : c.absent(''),
          topicId: v >= 10 ? c.uuid() : c.absent(zeroUuid),
          partitions: c.array(c.struct({ partition: c.int32(), errorCode: c.int16() })),
        }),
      ),
    }),
});
