/**
 * FindCoordinator (key 10), versions 0–6: which broker keeps a group or a transactional id.
 *   v1  kind of key, throttle time, error message
 *   v3  compact encoding
 *   v4  many keys at once (KIP-699): `keys` and `coordinators` take the place of the single fields
 *   v5  error 120 TRANSACTION_ABORTABLE
 *   v6  share groups
 */
import { defineApi } from './api.ts';

/** Values of `keyType`. */
export const coordinatorKeyTypes = { group: 0, transaction: 1, share: 2 } as const;

export const findCoordinator = defineApi({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexibleFrom: 3,
  request: (c, v) =>
    c.struct({
      key: v <= 3 ? c.string() : c.absent(''),
      keyType: v >= 1 ? c.int8() : c.absent(0),
      keys: v >= 4 ? c.array(c.string()) : c.absent([]),
    }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: v >= 1 ? c.int32() : c.absent(0),
      errorCode: v <= 3 ? c.int16() : c.absent(0),
      errorMessage: v >= 1 && v <= 3 ? c.nullableString() : c.absent(null),
      nodeId: v <= 3 ? c.int32() : c.absent(-1),
      host: v <= 3 ? c.string() : c.absent(''),
      port: v <= 3 ? c.int32() : c.absent(-1),
      coordinators:
        v >= 4
          ? c.array(
              c.struct({
                key: c.string(),
                nodeId: c.int32(),
                host: c.string(),
                port: c.int32(),
                errorCode: c.int16(),
                errorMessage: c.nullableString(),
              }),
            )
          : c.absent([]),
    }),
});
