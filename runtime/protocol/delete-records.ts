/**
 * DeleteRecords (key 21), versions 0–2: deletes the records of a partition that lie before an offset.
 *   v2  compact encoding
 */
import { defineApi } from './api.ts';

export const deleteRecords = defineApi({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexibleFrom: 2,
  request: (c) =>
    c.struct({
      topics: c.array(
        c.struct({
          name: c.string(),
          partitions: c.array(
            c.struct({
              partition: c.int32(),
              /** −1: the high watermark, that is all records. */
              offset: c.int64(),
            }),
          ),
        }),
      ),
      timeoutMs: c.int32(),
    }),
  response: (c) =>
    c.struct({
      throttleTimeMs: c.int32(),
      topics: c.array(
        c.struct({
          name: c.string(),
          partitions: c.array(c.struct({ partition: c.int32(), lowWatermark: c.int64(), errorCode: c.int16() })),
        }),
      ),
    }),
});
