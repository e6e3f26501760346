/**
 * Heartbeat (key 12), versions 0–4: a member of a classic group says that it is alive.
 *   v1  throttle time in the response
 *   v3  group instance id (static membership)
 *   v4  compact encoding
 */
import { defineApi } from './api.ts';

export const heartbeat = defineApi({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexibleFrom: 4,
  request: (c, v) =>
    c.struct({
      groupId: c.string(),
      generation: c.int32(),
      memberId: c.string(),
      instanceId: v >= 3 ? c.nullableString() : c.absent(null),
    }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: v >= 1 ? c.int32() : c.absent(0),
      errorCode: c.int16(),
    }),
});
