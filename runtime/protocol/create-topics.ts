/**
 * CreateTopics (key 19), versions 2–7.
 *   v2  validate only, error message, throttle time (older versions are left out)
 *   v4  −1 as partition count or replication factor takes the broker's default
 *   v5  compact encoding; the response shows what was created, with its settings
 *   v6  error 89 THROTTLING_QUOTA_EXCEEDED
 *   v7  topic id
 */
import { defineApi } from './api.ts';
import { zeroUuid } from './codec.ts';

export const createTopics = defineApi({
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexibleFrom: 5,
  request: (c) =>
    c.struct({
      topics: c.array(
        c.struct({
          name: c.string(),
          partitionCount: c.int32(),
          replicationFactor: c.int16(),
          /** Where each replica goes; then both counts above are −1. */
          assignments: c.array(c.struct({ partition: c.int32(), brokerIds: c.array(c.int32()) })),
          configs: c.array(c.struct({ name: c.string(), value: c.nullableString() })),
        }),
      ),
      timeoutMs: c.int32(),
      validateOnly: c.bool(),
    }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: c.int32(),
      topics: c.array(
        c.struct({
          name: c.string(),
          topicId: v >= 7 ? c.uuid() : c.absent(zeroUuid),
          errorCode: c.int16(),
          errorMessage: c.nullableString(),
          /** Why the settings are not shown (29: not allowed to see them). */
          configErrorCode: c.tagged(0, c.int16(), 0),
          partitionCount: v >= 5 ? c.int32() : c.absent(-1),
          replicationFactor: v >= 5 ? c.int16() : c.absent(-1),
          configs:
            v >= 5
              ? c.nullableArray(
                  c.struct({
                    name: c.string(),
                    value: c.nullableString(),
                    readOnly: c.bool(),
                    /** See `describe-configs.ts`. */
                    source: c.int8(),
                    sensitive: c.bool(),
                  }),
                )
              : c.absent(null),
        }),
      ),
    }),
});
