/**
 * Produce (key 0), versions 3–13: appends record batches to partitions. With `acks: 0` there is no response.
 *   v3   transactional id; record batch format v2 (versions 0–2 carry older formats and are left out)
 *   v4   error 56 KAFKA_STORAGE_ERROR
 *   v5   log start offset in the response
 *   v7   zstd allowed
 *   v8   which records of a refused batch were at fault, and a message
 *   v9   compact encoding
 *   v10  tells the new leader when it has moved (KIP-951)
 *   v11  error 120 TRANSACTION_ABORTABLE
 *   v12  inside a transaction it also adds the partition to it (KIP-890)
 *   v13  topic ids instead of names
 * Kafka 4 lists versions from 0 in ApiVersions and refuses 0–2: librdkafka looks for them to know what a broker can.
 */
import { defineApi } from './api.ts';
import { type Words, zeroUuid } from './codec.ts';
import { currentLeader, nodeEndpoints } from './current-leader.ts';

export const produce = defineApi({
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  flexibleFrom: 9,
  request: (c, v) =>
    c.struct({
      transactionalId: c.nullableString(),
      /** 0 none, 1 leader, −1 all in-sync replicas. */
      acks: c.int16(),
      timeoutMs: c.int32(),
      topics: c.array(
        c.struct({
          name: v <= 12 ? c.string() : c.absent(''),
          topicId: v >= 13 ? c.uuid() : c.absent(zeroUuid),
          partitions: c.array(c.struct({ partition: c.int32(), records: c.nullableBytes() })),
        }),
      ),
    }),
  response: (c, v) =>
    c.struct({
      topics: c.array(
        c.struct({
          name: v <= 12 ? c.string() : c.absent(''),
          topicId: v >= 13 ? c.uuid() : c.absent(zeroUuid),
          partitions: c.array(partitionResponse(c, v)),
        }),
      ),
      throttleTimeMs: c.int32(),
      nodeEndpoints: v >= 10 ? c.tagged(0, nodeEndpoints(c), []) : c.absent([]),
    }),
});

function partitionResponse(c: Words, v: number) {
  return c.struct({
    partition: c.int32(),
    errorCode: c.int16(),
    baseOffset: c.int64(),
    /** −1 unless the topic keeps the time of appending. */
    logAppendTimeMs: c.int64(),
    logStartOffset: v >= 5 ? c.int64() : c.absent(-1),
    recordErrors:
      v >= 8 ? c.array(c.struct({ batchIndex: c.int32(), errorMessage: c.nullableString() })) : c.absent([]),
    errorMessage: v >= 8 ? c.nullableString() : c.absent(null),
    currentLeader: v >= 10 ? c.tagged(0, currentLeader(c), null) : c.absent(null),
  });
}
