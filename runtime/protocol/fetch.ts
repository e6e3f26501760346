/**
 * Fetch (key 1), versions 4–18: record sets from a partition's leader, waiting a while if there is little to give.
 *   v4   isolation level, aborted transactions; record batch format v2 (older versions are left out)
 *   v5   log start offset
 *   v7   fetch sessions (KIP-227): later requests and responses carry only what changed
 *   v9   leader epoch that the client knows
 *   v10  zstd allowed
 *   v11  rack of the client, replica that it should rather read from (KIP-392)
 *   v12  compact encoding, epoch of the last record read, diverging epoch, current leader
 *   v13  topic ids instead of names
 *   v14  error 109 OFFSET_MOVED_TO_TIERED_STORAGE
 *   v15  the replica id moves to a tag
 *   v16  addresses of new leaders (KIP-951)
 *   v17  directory id of a follower
 *   v18  high watermark of a follower
 * Left out are the tags that only brokers write: cluster id, replica state, directory id, high watermark, snapshot id.
 */
import { defineApi } from './api.ts';
import { type Words, zeroUuid } from './codec.ts';
import { currentLeader, nodeEndpoints } from './current-leader.ts';

export const fetch = defineApi({
  key: 1,
  name: 'Fetch',
  versions: [4, 18],
  flexibleFrom: 12,
  request: (c, v) =>
    c.struct({
      /** −1: a client. */
      replicaId: v <= 14 ? c.int32() : c.absent(-1),
      maxWaitMs: c.int32(),
      minBytes: c.int32(),
      maxBytes: c.int32(),
      /** 0 read uncommitted, 1 read committed. */
      isolationLevel: c.int8(),
      sessionId: v >= 7 ? c.int32() : c.absent(0),
      /** 0 asks for a new session, −1 for none or the end of one. */
      sessionEpoch: v >= 7 ? c.int32() : c.absent(-1),
      topics: c.array(c.struct({ ...topicKey(c, v), partitions: c.array(partitionRequest(c, v)) })),
      /** Taken out of the session. */
      forgottenTopics: v >= 7 ? c.array(c.struct({ ...topicKey(c, v), partitions: c.array(c.int32()) })) : c.absent([]),
      rackId: v >= 11 ? c.string() : c.absent(''),
    }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: c.int32(),
      errorCode: v >= 7 ? c.int16() : c.absent(0),
      sessionId: v >= 7 ? c.int32() : c.absent(0),
      topics: c.array(c.struct({ ...topicKey(c, v), partitions: c.array(partitionResponse(c, v)) })),
      nodeEndpoints: v >= 16 ? c.tagged(0, nodeEndpoints(c), []) : c.absent([]),
    }),
});

function topicKey(c: Words, v: number) {
  return {
    name: v <= 12 ? c.string() : c.absent(''),
    topicId: v >= 13 ? c.uuid() : c.absent(zeroUuid),
  };
}

function partitionRequest(c: Words, v: number) {
  return c.struct({
    partition: c.int32(),
    currentLeaderEpoch: v >= 9 ? c.int32() : c.absent(-1),
    offset: c.int64(),
    lastFetchedEpoch: v >= 12 ? c.int32() : c.absent(-1),
    /** Used by followers; −1 from a client. */
    logStartOffset: v >= 5 ? c.int64() : c.absent(-1),
    maxBytes: c.int32(),
  });
}

function partitionResponse(c: Words, v: number) {
  return c.struct({
    partition: c.int32(),
    errorCode: c.int16(),
    highWatermark: c.int64(),
    lastStableOffset: c.int64(),
    logStartOffset: v >= 5 ? c.int64() : c.absent(-1),
    divergingEpoch: v >= 12 ? c.tagged(0, c.struct({ epoch: c.int32(), endOffset: c.int64() }), null) : c.absent(null),
    currentLeader: v >= 12 ? c.tagged(1, currentLeader(c), null) : c.absent(null),
    abortedTransactions: c.nullableArray(c.struct({ producerId: c.int64(), firstOffset: c.int64() })),
    preferredReadReplica: v >= 11 ? c.int32() : c.absent(-1),
    /** Whole record batches; the last one may be cut. A view into the frame. */
    records: c.nullableBytes(),
  });
}
