/**
 * OffsetDelete (key 47), version 0: removes committed offsets of topics that the group does not read at the moment.
 * There is no compact version. Unlike elsewhere the throttle time stands after the error code.
 */
import { defineApi } from './api.ts';

export const offsetDelete = defineApi({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  flexibleFrom: Number.POSITIVE_INFINITY,
  request: (c) =>
    c.struct({
      groupId: c.string(),
      topics: c.array(c.struct({ name: c.string(), partitions: c.array(c.struct({ partition: c.int32() })) })),
    }),
  response: (c) =>
    c.struct({
      errorCode: c.int16(),
      throttleTimeMs: c.int32(),
      topics: c.array(
        c.struct({
          name: c.string(),
          partitions: c.array(c.struct({ partition: c.int32(), errorCode: c.int16() })),
        }),
      ),
    }),
});
