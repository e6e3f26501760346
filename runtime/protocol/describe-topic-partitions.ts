/**
 * DescribeTopicPartitions (key 75), version 0, compact: topics like Metadata does, but in pages and with the replicas
 * that are eligible as leaders (KIP-966).
 */
import { defineApi } from './api.ts';
import type { Words } from './codec.ts';

export const describeTopicPartitions = defineApi({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexibleFrom: 0,
  request: (c) =>
    c.struct({
      /** Empty: all topics. */
      topics: c.array(c.struct({ name: c.string() })),
      partitionLimit: c.int32(),
      /** Where this page begins. */
      cursor: cursor(c),
    }),
  response: (c) =>
    c.struct({
      throttleTimeMs: c.int32(),
      topics: c.array(
        c.struct({
          errorCode: c.int16(),
          name: c.nullableString(),
          topicId: c.uuid(),
          internal: c.bool(),
          partitions: c.array(partitionDescription(c)),
          operations: c.int32(),
        }),
      ),
      /** Where the next page begins; null after the last. */
      nextCursor: cursor(c),
    }),
});

function cursor(c: Words) {
  return c.nullableStruct({ topic: c.string(), partition: c.int32() });
}

function partitionDescription(c: Words) {
  return c.struct({
    errorCode: c.int16(),
    partition: c.int32(),
    leader: c.int32(),
    leaderEpoch: c.int32(),
    replicas: c.array(c.int32()),
    isr: c.array(c.int32()),
    eligibleLeaderReplicas: c.nullableArray(c.int32()),
    lastKnownEligibleLeaderReplicas: c.nullableArray(c.int32()),
    offlineReplicas: c.array(c.int32()),
  });
}
