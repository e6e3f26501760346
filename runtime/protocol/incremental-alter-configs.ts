/**
 * IncrementalAlterConfigs (key 44), versions 0–1: changes the settings named and leaves the others (KIP-339).
 *   v1  compact encoding
 */
import { defineApi } from './api.ts';

export const incrementalAlterConfigs = defineApi({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexibleFrom: 1,
  request: (c) =>
    c.struct({
      resources: c.array(
        c.struct({
          type: c.int8(),
          name: c.string(),
          /** `operation` is one of `configOperations`. */
          configs: c.array(c.struct({ name: c.string(), operation: c.int8(), value: c.nullableString() })),
        }),
      ),
      validateOnly: c.bool(),
    }),
  response: (c) =>
    c.struct({
      throttleTimeMs: c.int32(),
      resources: c.array(
        c.struct({ errorCode: c.int16(), errorMessage: c.nullableString(), type: c.int8(), name: c.string() }),
      ),
    }),
});
