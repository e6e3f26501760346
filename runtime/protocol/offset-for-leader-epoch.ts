/**
 * OffsetForLeaderEpoch (key 23), versions 2–4: where a leader epoch ended; a reader that gets less than its own
 * position has read records that were lost with their leader (KIP-320).
 *   v2  current leader epoch, throttle time (older versions are left out)
 *   v3  replica id
 *   v4  compact encoding
 */
import { defineApi } from './api.ts';

export const offsetForLeaderEpoch = defineApi({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  flexibleFrom: 4,
  request: (c, v) =>
    c.struct({
      /** −1: a client. */
      replicaId: v >= 3 ? c.int32() : c.absent(-1),
      topics: c.array(
        c.struct({
          name: c.string(),
          partitions: c.array(
            c.struct({
              partition: c.int32(),
              currentLeaderEpoch: c.int32(),
              /** The epoch asked about. */
              leaderEpoch: c.int32(),
            }),
          ),
        }),
      ),
    }),
  response: (c) =>
    c.struct({
      throttleTimeMs: c.int32(),
      topics: c.array(
        c.struct({
          name: c.string(),
          partitions: c.array(
            c.struct({
              errorCode: c.int16(),
              partition: c.int32(),
              /** The largest epoch known up to the one asked about; −1: none. */
              leaderEpoch: c.int32(),
              endOffset: c.int64(),
            }),
          ),
        }),
      ),
    }),
});
