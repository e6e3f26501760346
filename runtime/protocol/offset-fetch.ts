/**
 * OffsetFetch (key 9), versions 1–10: the committed offsets of one group, or from v8 on of several.
 *   v1   offsets kept by Kafka (v0, from ZooKeeper, is left out)
 *   v2   null topics ask for all of them; error code for the group
 *   v3   throttle time
 *   v5   leader epoch of the offset
 *   v6   compact encoding
 *   v7   `requireStable`: answer 88 UNSTABLE_OFFSET_COMMIT while a transaction may still change an offset
 *   v8   several groups (KIP-709): `groups` takes the place of the single fields
 *   v9   member id and epoch (KIP-848)
 *   v10  topic ids instead of names
 */
import { defineApi } from './api.ts';
import { type Words, zeroUuid } from './codec.ts';

export const offsetFetch = defineApi({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 10],
  flexibleFrom: 6,
  request: (c, v) => {
    const topic = c.struct({ ...topicKey(c, v), partitions: c.array(c.int32()) });
    const single = v >= 2 ? c.nullableArray(topic) : c.array(topic);
    return c.struct({
      groupId: v <= 7 ? c.string() : c.absent(''),
      topics: v <= 7 ? single : c.absent(null),
      groups:
        v >= 8
          ? c.array(
              c.struct({
                groupId: c.string(),
                memberId: v >= 9 ? c.nullableString() : c.absent(null),
                memberEpoch: v >= 9 ? c.int32() : c.absent(-1),
                topics: c.nullableArray(topic),
              }),
            )
          : c.absent([]),
      requireStable: v >= 7 ? c.bool() : c.absent(false),
    });
  },
  response: (c, v) => {
    const topics = c.array(c.struct({ ...topicKey(c, v), partitions: c.array(partitionResponse(c, v)) }));
    return c.struct({
      throttleTimeMs: v >= 3 ? c.int32() : c.absent(0),
      topics: v <= 7 ? topics : c.absent([]),
      errorCode: v >= 2 && v <= 7 ? c.int16() : c.absent(0),
      groups: v >= 8 ? c.array(c.struct({ groupId: c.string(), topics, errorCode: c.int16() })) : c.absent([]),
    });
  },
});

function topicKey(c: Words, v: number) {
  return {
    name: v <= 9 ? c.string() : c.absent(''),
    topicId: v >= 10 ? c.uuid() : c.absent(zeroUuid),
  };
}

function partitionResponse(c: Words, v: number) {
  return c.struct({
    partition: c.int32(),
    /** −1: nothing committed. */
    offset: c.int64(),
    leaderEpoch: v >= 5 ? c.int32() : c.absent(-1),
    metadata: c.nullableString(),
    errorCode: c.int16(),
  });
}
