/**
 * TxnOffsetCommit (key 28), versions 0–5: offsets of a group that count once the transaction commits.
 *   v2  leader epoch of the offset
 *   v3  compact encoding; generation, member and instance id, so that a member that was replaced is refused (KIP-447)
 *   v4  error 120 TRANSACTION_ABORTABLE
 *   v5  it also does what AddOffsetsToTxn did (KIP-890)
 */
import { defineApi } from './api.ts';

export const txnOffsetCommit = defineApi({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 5],
  flexibleFrom: 3,
  request: (c, v) =>
    c.struct({
      transactionalId: c.string(),
      groupId: c.string(),
      producerId: c.int64(),
      producerEpoch: c.int16(),
      generation: v >= 3 ? c.int32() : c.absent(-1),
      memberId: v >= 3 ? c.string() : c.absent(''),
      instanceId: v >= 3 ? c.nullableString() : c.absent(null),
      topics: c.array(
        c.struct({
          name: c.string(),
          partitions: c.array(
            c.struct({
              partition: c.int32(),
              offset: c.int64(),
              leaderEpoch: v >= 2 ? c.int32() : c.absent(-1),
              metadata: c.nullableString(),
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
          partitions: c.array(c.struct({ partition: c.int32(), errorCode: c.int16() })),
        }),
      ),
    }),
});
