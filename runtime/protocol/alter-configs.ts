/**
 * AlterConfigs (key 33), versions 0–2: replaces all settings of a resource; those not named return to their defaults.
 * Older clients use it (kafkajs); newer ones use IncrementalAlterConfigs.
 *   v2  compact encoding
 */
import { defineApi } from './api.ts';

export const alterConfigs = defineApi({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexibleFrom: 2,
  request: (c) =>
    c.struct({
      resources: c.array(
        c.struct({
          type: c.int8(),
          name: c.string(),
          configs: c.array(c.struct({ name: c.string(), value: c.nullableString() })),
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
