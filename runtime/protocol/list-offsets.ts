/**
 * ListOffsets (key 2), versions 1–11: the offset at a time, or at one of the special places below.
 *   v1   one offset with its timestamp per partition (v0, with a list of offsets, is left out)
 *   v2   isolation level, throttle time
 *   v4   leader epoch
 *   v5   error 78 OFFSET_NOT_AVAILABLE
 *   v6   compact encoding
 *   v7   −3, v8 −4, v9 −5, v11 −6 as timestamps
 *   v10  timeout for brokers that must look into tiered storage
 */
import { defineApi } from './api.ts';

/** Values of `timestamp` that name a place instead of a time. */
export const offsetPlaces = {
  latest: -1,
  earliest: -2,
  maxTimestamp: -3,
  earliestLocal: -4,
  latestTiered: -5,
  earliestPendingUpload: -6,
} as const;

export const listOffsets = defineApi({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 11],
  flexibleFrom: 6,
  request: (c, v) =>
    c.struct({
      /** −1: a client. */
      replicaId: c.int32(),
      /** 0 read uncommitted, 1 read committed: `latest` is then the last stable offset. */
      isolationLevel: v >= 2 ? c.int8() : c.absent(0),
      topics: c.array(
        c.struct({
          name: c.string(),
          partitions: c.array(
            c.struct({
              partition: c.int32(),
              currentLeaderEpoch: v >= 4 ? c.int32() : c.absent(-1),
              /** Milliseconds, or one of `offsetPlaces`. */
              timestamp: c.int64(),
            }),
          ),
        }),
      ),
      timeoutMs: v >= 10 ? c.int32() : c.absent(0),
    }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: v >= 2 ? c.int32() : c.absent(0),
      topics: c.array(
        c.struct({
          name: c.string(),
          partitions: c.array(
            c.struct({
              partition: c.int32(),
              errorCode: c.int16(),
              timestamp: c.int64(),
              /** −1: no record at or after the time. */
              offset: c.int64(),
              leaderEpoch: v >= 4 ? c.int32() : c.absent(-1),
            }),
          ),
        }),
      ),
    }),
});
