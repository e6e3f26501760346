/**
 * CreatePartitions (key 37), versions 0–3: raises the partition count of topics.
 *   v2  compact encoding
 *   v3  error 89 THROTTLING_QUOTA_EXCEEDED
 */
import { defineApi } from './api.ts';

export const createPartitions = defineApi({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexibleFrom: 2,
  request: (c) =>
    c.struct({
      topics: c.array(
        c.struct({
          name: c.string(),
          /** The new total. */
          partitionCount: c.int32(),
          /** Brokers of each added partition; null leaves the choice to the controller. */
          assignments: c.nullableArray(c.struct({ brokerIds: c.array(c.int32()) })),
        }),
      ),
      timeoutMs: c.int32(),
      validateOnly: c.bool(),
    }),
  response: (c) =>
    c.struct({
      throttleTimeMs: c.int32(),
      topics: c.array(c.struct({ name: c.string(), errorCode: c.int16(), errorMessage: c.nullableString() })),
    }),
});
