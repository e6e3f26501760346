/**
 * SaslHandshake (key 17), versions 0–1: chooses the mechanism. There is no compact version.
 *   v1  the mechanism's own messages follow inside SaslAuthenticate (after v0: as bare bytes with a length)
 */
import { defineApi } from './api.ts';

export const saslHandshake = defineApi({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  flexibleFrom: Number.POSITIVE_INFINITY,
  request: (c) => c.struct({ mechanism: c.string() }),
  /** `mechanisms`: those that the broker accepts, also beside error 33. */
  response: (c) => c.struct({ errorCode: c.int16(), mechanisms: c.array(c.string()) }),
});
