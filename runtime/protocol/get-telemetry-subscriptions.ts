/**
 * GetTelemetrySubscriptions (key 71), version 0, compact: which client metrics a broker wants to get (KIP-714).
 * Described so that the question can be answered with "none"; PushTelemetry (72), which would follow, is left out.
 */
import { defineApi } from './api.ts';

export const getTelemetrySubscriptions = defineApi({
  key: 71,
  name: 'GetTelemetrySubscriptions',
  versions: [0, 0],
  flexibleFrom: 0,
  /** `zeroUuid` in the first request: the broker makes up an id. */
  request: (c) => c.struct({ clientInstanceId: c.uuid() }),
  response: (c) =>
    c.struct({
      throttleTimeMs: c.int32(),
      errorCode: c.int16(),
      clientInstanceId: c.uuid(),
      subscriptionId: c.int32(),
      /** Numbers as in the attributes of a record batch. */
      compressionTypes: c.array(c.int8()),
      pushIntervalMs: c.int32(),
      telemetryMaxBytes: c.int32(),
      deltaTemporality: c.bool(),
      /** Prefixes of metric names; empty: none. */
      requestedMetrics: c.array(c.string()),
    }),
});
