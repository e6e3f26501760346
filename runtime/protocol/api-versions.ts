/**
 * ApiVersions (key 18), versions 0–4: which APIs and versions a broker speaks; the first request on a connection.
 *   v1  throttle time
 *   v3  compact encoding, name and version of the client's software, features of the broker
 *   v4  a feature's lowest version may be 0
 * Its response header never has tags (see `frame.ts`). A broker that does not know the version asked for answers in v0
 * with error 35 and its own range (KIP-511). Left out: the ZooKeeper migration flag (tag 3), gone with Kafka 4.
 */
import { defineApi } from './api.ts';

export const apiVersions = defineApi({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 4],
  flexibleFrom: 3,
  request: (c, v) =>
    c.struct({
      clientSoftwareName: v >= 3 ? c.string() : c.absent(''),
      clientSoftwareVersion: v >= 3 ? c.string() : c.absent(''),
    }),
  response: (c, v) =>
    c.struct({
      errorCode: c.int16(),
      apis: c.array(c.struct({ key: c.int16(), minVersion: c.int16(), maxVersion: c.int16() })),
      throttleTimeMs: v >= 1 ? c.int32() : c.absent(0),
      supportedFeatures: c.tagged(
        0,
        c.array(c.struct({ name: c.string(), minVersion: c.int16(), maxVersion: c.int16() })),
        [],
      ),
      /** −1: unknown. */
      finalizedFeaturesEpoch: c.tagged(1, c.int64(), -1),
      /** The highest level stands before the lowest on the wire, unlike in `supportedFeatures`. */
      finalizedFeatures: c.tagged(
        2,
        c.array(c.struct({ name: c.string(), maxLevel: c.int16(), minLevel: c.int16() })),
        [],
      ),
    }),
});
