/** What a manifest without `producer` compiles to, for programs that need a producer and no manifest. */
import type { ProducerSettings } from '../core/settings.ts';

export function producerSettings(part: Partial<ProducerSettings> = {}): ProducerSettings {
  return {
    acks: -1,
    compression: 'gzip',
    idempotent: true,
    batchBytes: 16_384,
    batchRecords: null,
    lingerMs: 0,
    maxInFlight: 5,
    retries: 3,
    bufferBytes: 33_554_432,
    maxBlockMs: 60_000,
    partitioner: { by: 'key', file: null, keyRequired: false },
    ...part,
  };
}
