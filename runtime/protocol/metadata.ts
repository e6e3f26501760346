/**
 * Metadata (key 3), versions 0–13: brokers, and the partitions of topics with their leaders.
 *   v0   an empty list of topics asks for all of them
 *   v1   null asks for all topics, an empty list for none; controller, racks, internal topics
 *   v2   cluster id
 *   v3   throttle time
 *   v4   the client says whether asking for a topic may create it
 *   v5   offline replicas
 *   v7   leader epoch
 *   v8   authorized operations, as bits (v11 takes those of the cluster away again)
 *   v9   compact encoding
 *   v10  topic ids in the response; usable in the request from v12 on, where a null name goes with an id
 *   v13  error code for the whole response
 */
import { defineApi } from './api.ts';
import { type Words, zeroUuid } from './codec.ts';

/** The bits were not asked for. */
export const operationsUnknown = -2147483648;

export const metadata = defineApi({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexibleFrom: 9,
  request: (c, v) => {
    const topic = c.struct({
      topicId: v >= 10 ? c.uuid() : c.absent(zeroUuid),
      name: v >= 10 ? c.nullableString() : c.string(),
    });
    return c.struct({
      topics: v >= 1 ? c.nullableArray(topic) : c.array(topic),
      autoCreateTopics: v >= 4 ? c.bool() : c.absent(true),
      includeClusterOperations: v >= 8 && v <= 10 ? c.bool() : c.absent(false),
      includeTopicOperations: v >= 8 ? c.bool() : c.absent(false),
    });
  },
  response: (c, v) =>
    c.struct({
      throttleTimeMs: v >= 3 ? c.int32() : c.absent(0),
      brokers: c.array(
        c.struct({
          nodeId: c.int32(),
          host: c.string(),
          port: c.int32(),
          rack: v >= 1 ? c.nullableString() : c.absent(null),
        }),
      ),
      clusterId: v >= 2 ? c.nullableString() : c.absent(null),
      controllerId: v >= 1 ? c.int32() : c.absent(-1),
      topics: c.array(topicMetadata(c, v)),
      clusterOperations: v >= 8 && v <= 10 ? c.int32() : c.absent(operationsUnknown),
      errorCode: v >= 13 ? c.int16() : c.absent(0),
    }),
});

function topicMetadata(c: Words, v: number) {
  return c.struct({
    errorCode: c.int16(),
    name: v >= 12 ? c.nullableString() : c.string(),
    topicId: v >= 10 ? c.uuid() : c.absent(zeroUuid),
    internal: v >= 1 ? c.bool() : c.absent(false),
    partitions: c.array(
      c.struct({
        errorCode: c.int16(),
        partition: c.int32(),
        /** −1: no leader. */
        leader: c.int32(),
        leaderEpoch: v >= 7 ? c.int32() : c.absent(-1),
        replicas: c.array(c.int32()),
        isr: c.array(c.int32()),
        offlineReplicas: v >= 5 ? c.array(c.int32()) : c.absent([]),
      }),
    ),
    operations: v >= 8 ? c.int32() : c.absent(operationsUnknown),
  });
}
