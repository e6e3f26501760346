/**
 * DeleteTopics (key 20), versions 1–6.
 *   v1  throttle time (v0 is left out)
 *   v3  error 73 TOPIC_DELETION_DISABLED
 *   v4  compact encoding
 *   v5  error message; error 89 THROTTLING_QUOTA_EXCEEDED
 *   v6  by name or by topic id: `topics` takes the place of `names`
 */
import { defineApi } from './api.ts';
import { zeroUuid } from './codec.ts';

export const deleteTopics = defineApi({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexibleFrom: 4,
  request: (c, v) =>
    c.struct({
      /** Name or id; the other one is null or `zeroUuid`. */
      topics: v >= 6 ? c.array(c.struct({ name: c.nullableString(), topicId: c.uuid() })) : c.absent([]),
      names: v <= 5 ? c.array(c.string()) : c.absent([]),
      timeoutMs: c.int32(),
    }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: c.int32(),
      topics: c.array(
        c.struct({
          name: v >= 6 ? c.nullableString() : c.string(),
          topicId: v >= 6 ? c.uuid() : c.absent(zeroUuid),
          errorCode: c.int16(),
          errorMessage: v >= 5 ? c.nullableString() : c.absent(null),
        }),
      ),
    }),
});
