/**
 * EndTxn (key 26), versions 0–5: commits or aborts the open transaction.
 *   v2  error 90 PRODUCER_FENCED
 *   v3  compact encoding
 *   v4  error 120 TRANSACTION_ABORTABLE
 *   v5  every transaction has an epoch of its own: the response brings the next one (KIP-890)
 */
import { defineApi } from './api.ts';

export const endTxn = defineApi({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexibleFrom: 3,
  request: (c) =>
    c.struct({
      transactionalId: c.string(),
      producerId: c.int64(),
      producerEpoch: c.int16(),
      /** True commits, false aborts. */
      committed: c.bool(),
    }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: c.int32(),
      errorCode: c.int16(),
      producerId: v >= 5 ? c.int64() : c.absent(-1),
      producerEpoch: v >= 5 ? c.int16() : c.absent(-1),
    }),
});
