/** Settings of a group for tests of the consumer: short times, everything else as the manifest's defaults. */
import { anyEvents } from '../../../../runtime/core/event-types.ts';
import type { GroupSettings, TimeoutSettings } from '../../../../runtime/core/settings.ts';

export function groupSettings(
  name: string,
  topics: readonly string[],
  changes: Partial<Pick<GroupSettings, 'from' | 'protocol' | 'instanceId'>> & {
    readonly timeouts?: Partial<TimeoutSettings>;
  } = {},
): GroupSettings {
  return {
    name,
    topics: topics.map((topic) => ({ name: topic, dlqTopic: null })),
    handlers: [],
    from: changes.from ?? 'earliest',
    execution: 'inline',
    protocol: changes.protocol ?? 'classic',
    concurrency: {
      order: 'key',
      keyFrom: { kind: 'key' },
      nullKey: 'partition',
      workers: 1,
      shares: 1,
      maxHeapBytes: null,
      max: 64,
    },
    instanceId: changes.instanceId ?? null,
    dedupe: null,
    offsets: null,
    fetch: { maxWaitMs: 100, minBytes: 1, maxBytes: 8 * 1024 * 1024, maxDecompressedBytes: 64 * 1024 * 1024 },
    buffer: { maxRecords: 5000, maxBytes: 32 * 1024 * 1024, maxUncommitted: 100_000 },
    timeouts: {
      handlerMs: 300_000,
      slowMs: 1000,
      sessionMs: 6000,
      heartbeatMs: 100,
      rebalanceMs: 10_000,
      ...changes.timeouts,
    },
    retry: { maxRetries: 3, baseDelayMs: 1000, maxDelayMs: 60_000, jitter: 0.1, never: [], onExhausted: 'dlq' },
    dlq: { enabled: true, onError: 'block', onDisabled: 'block', maxReplays: 3 },
    schemas: anyEvents,
    commit: { intervalMs: 5000, everyRecords: 5000 },
  };
}
