/**
 * ListGroups (key 16), versions 0–5: the groups that one broker coordinates.
 *   v1  throttle time
 *   v3  compact encoding
 *   v4  state, and a filter for it (KIP-518)
 *   v5  type (`classic`, `consumer`), and a filter for it (KIP-848)
 */
import { defineApi } from './api.ts';

export const listGroups = defineApi({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexibleFrom: 3,
  request: (c, v) =>
    c.struct({
      /** Empty: all states. */
      states: v >= 4 ? c.array(c.string()) : c.absent([]),
      /** Empty: all types. */
      types: v >= 5 ? c.array(c.string()) : c.absent([]),
    }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: v >= 1 ? c.int32() : c.absent(0),
      errorCode: c.int16(),
      groups: c.array(
        c.struct({
          groupId: c.string(),
          protocolType: c.string(),
          state: v >= 4 ? c.string() : c.absent(''),
          type: v >= 5 ? c.string() : c.absent(''),
        }),
      ),
    }),
});
