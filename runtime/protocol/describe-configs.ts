/**
 * DescribeConfigs (key 32), versions 1–4: settings of topics, brokers and other resources (`config-values.ts`).
 *   v1  source and synonyms of each setting (v0 is left out)
 *   v3  type and documentation of each setting
 *   v4  compact encoding
 */
import { defineApi } from './api.ts';
import type { Words } from './codec.ts';

export const describeConfigs = defineApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexibleFrom: 4,
  request: (c, v) =>
    c.struct({
      resources: c.array(
        c.struct({
          type: c.int8(),
          name: c.string(),
          /** Null asks for all settings. */
          configNames: c.nullableArray(c.string()),
        }),
      ),
      includeSynonyms: c.bool(),
      includeDocumentation: v >= 3 ? c.bool() : c.absent(false),
    }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: c.int32(),
      resources: c.array(
        c.struct({
          errorCode: c.int16(),
          errorMessage: c.nullableString(),
          type: c.int8(),
          name: c.string(),
          configs: c.array(config(c, v)),
        }),
      ),
    }),
});

function config(c: Words, v: number) {
  return c.struct({
    name: c.string(),
    /** Null where it is sensitive. */
    value: c.nullableString(),
    readOnly: c.bool(),
    source: c.int8(),
    sensitive: c.bool(),
    /** Where a value could come from, the first of them winning. */
    synonyms: c.array(c.struct({ name: c.string(), value: c.nullableString(), source: c.int8() })),
    type: v >= 3 ? c.int8() : c.absent(0),
    documentation: v >= 3 ? c.nullableString() : c.absent(null),
  });
}
