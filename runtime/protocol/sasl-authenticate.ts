/**
 * SaslAuthenticate (key 36), versions 0–2: carries one message of the chosen mechanism each way.
 *   v1  how long the session lasts (KIP-368)
 *   v2  compact encoding
 */
import { defineApi } from './api.ts';

export const saslAuthenticate = defineApi({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexibleFrom: 2,
  request: (c) => c.struct({ authBytes: c.bytes() }),
  response: (c, v) =>
    c.struct({
      errorCode: c.int16(),
      errorMessage: c.nullableString(),
      authBytes: c.bytes(),
      /** The client must authenticate again before; 0: never. */
      sessionLifetimeMs: v >= 1 ? c.int64() : c.absent(0),
    }),
});
