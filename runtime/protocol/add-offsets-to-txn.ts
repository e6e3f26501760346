/**
 * AddOffsetsToTxn (key 25), versions 0–4: tells the transaction's coordinator that offsets of a group will be committed
 * with the transaction (see `txn-offset-commit.ts`).
 *   v2  error 90 PRODUCER_FENCED
 *   v3  compact encoding
 *   v4  error 120 TRANSACTION_ABORTABLE
 */
import { defineApi } from './api.ts';

export const addOffsetsToTxn = defineApi({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexibleFrom: 3,
  request: (c) =>
    c.struct({
      transactionalId: c.string(),
      producerId: c.int64(),
      producerEpoch: c.int16(),
      groupId: c.string(),
    }),
  response: (c) => c.struct({ throttleTimeMs: c.int32(), errorCode: c.int16() }),
});
