/**
 * InitProducerId (key 22), versions 0–5: id and epoch of an idempotent or transactional producer; with a transactional
 * id it also fences the former producer of that id and ends its open transaction.
 *   v2  compact encoding
 *   v3  a producer may ask for the next epoch of the id it has
 *   v4  error 90 PRODUCER_FENCED
 *   v5  error 120 TRANSACTION_ABORTABLE
 * Left out: v6 (two-phase commit, KIP-939), unstable in Kafka 4.3.
 */
import { defineApi } from './api.ts';

export const initProducerId = defineApi({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 5],
  flexibleFrom: 2,
  request: (c, v) =>
    c.struct({
      transactionalId: c.nullableString(),
      transactionTimeoutMs: c.int32(),
      /** −1: none yet. */
      producerId: v >= 3 ? c.int64() : c.absent(-1),
      producerEpoch: v >= 3 ? c.int16() : c.absent(-1),
    }),
  response: (c) =>
    c.struct({
      throttleTimeMs: c.int32(),
      errorCode: c.int16(),
      producerId: c.int64(),
      producerEpoch: c.int16(),
    }),
});
