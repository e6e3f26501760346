/** DescribeProducers (key 61), version 0, compact: who writes to a partition, with its open transaction (KIP-664). */
import { defineApi } from './api.ts';

export const describeProducers = defineApi({
  key: 61,
  name: 'DescribeProducers',
  versions: [0, 0],
  flexibleFrom: 0,
  request: (c) => c.struct({ topics: c.array(c.struct({ name: c.string(), partitions: c.array(c.int32()) })) }),
  response: (c) => {
    const producer = c.struct({
      producerId: c.int64(),
      /** Four bytes here, two everywhere else. */
      producerEpoch: c.int32(),
      lastSequence: c.int32(),
      lastTimestamp: c.int64(),
      coordinatorEpoch: c.int32(),
      /** −1: no open transaction. */
      transactionStartOffset: c.int64(),
    });
    const partition = c.struct({
      partition: c.int32(),
      errorCode: c.int16(),
      errorMessage: c.nullableString(),
      producers: c.array(producer),
    });
    return c.struct({
      throttleTimeMs: c.int32(),
      topics: c.array(c.struct({ name: c.string(), partitions: c.array(partition) })),
    });
  },
});
