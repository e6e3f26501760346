/**
 * AddPartitionsToTxn (key 24), versions 0–5: tells the transaction's coordinator which partitions will be written.
 *   v2  error 90 PRODUCER_FENCED
 *   v3  compact encoding
 *   v4  several transactions at once, used between brokers: `transactions` takes the place of the single fields
 *   v5  error 120 TRANSACTION_ABORTABLE
 */
import { defineApi } from './api.ts';

export const addPartitionsToTxn = defineApi({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  flexibleFrom: 3,
  request: (c, v) => {
    const topics = c.array(c.struct({ name: c.string(), partitions: c.array(c.int32()) }));
    return c.struct({
      transactions:
        v >= 4
          ? c.array(
              c.struct({
                transactionalId: c.string(),
                producerId: c.int64(),
                producerEpoch: c.int16(),
                /** Only asks whether the partitions are in the transaction. */
                verifyOnly: c.bool(),
                topics,
              }),
            )
          : c.absent([]),
      transactionalId: v <= 3 ? c.string() : c.absent(''),
      producerId: v <= 3 ? c.int64() : c.absent(-1),
      producerEpoch: v <= 3 ? c.int16() : c.absent(-1),
      topics: v <= 3 ? topics : c.absent([]),
    });
  },
  response: (c, v) => {
    const topics = c.array(
      c.struct({
        name: c.string(),
        partitions: c.array(c.struct({ partition: c.int32(), errorCode: c.int16() })),
      }),
    );
    return c.struct({
      throttleTimeMs: c.int32(),
      errorCode: v >= 4 ? c.int16() : c.absent(0),
      transactions: v >= 4 ? c.array(c.struct({ transactionalId: c.string(), topics })) : c.absent([]),
      topics: v <= 3 ? topics : c.absent([]),
    });
  },
});
