/**
 * DeleteGroups (key 42), versions 0–2: removes empty groups with their offsets.
 *   v2  compact encoding
 */
import { defineApi } from './api.ts';

export const deleteGroups = defineApi({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 2],
  flexibleFrom: 2,
  request: (c) => c.struct({ groupIds: c.array(c.string()) }),
  response: (c) =>
    c.struct({
      throttleTimeMs: c.int32(),
      groups: c.array(c.struct({ groupId: c.string(), errorCode: c.int16() })),
    }),
});
