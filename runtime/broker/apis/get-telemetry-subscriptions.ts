/** GetTelemetrySubscriptions: this broker wants no metrics of its clients, and asks them to come back rarely. */
import { zeroUuid } from '../../protocol/codec.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { getTelemetrySubscriptions } from '../../protocol/get-telemetry-subscriptions.ts';
import { answer } from '../answer.ts';
import { newUuidHex } from '../uuid.ts';

/** Kafka's default for a client without subscriptions. */
const pushIntervalMs = 5 * 60 * 1000;
/** Kafka's `telemetry.max.bytes`. */
const telemetryMaxBytes = 1024 * 1024;
/** zstd, lz4, gzip, snappy, as Kafka lists them. */
const compressionTypes = [4, 3, 1, 2];

export const handleGetTelemetrySubscriptions = answer(
  getTelemetrySubscriptions,
  ({ clientInstanceId }, { random }) =>
    response(clientInstanceId === zeroUuid ? newUuidHex(random) : clientInstanceId, kafkaErrors.NONE),
  ({ clientInstanceId }, errorCode) => response(clientInstanceId, errorCode),
);

function response(clientInstanceId: string, errorCode: number) {
  return {
    throttleTimeMs: 0,
    errorCode,
    clientInstanceId,
    subscriptionId: 0,
    compressionTypes: [...compressionTypes],
    pushIntervalMs,
    telemetryMaxBytes,
    deltaTemporality: true,
    requestedMetrics: [],
  };
}
