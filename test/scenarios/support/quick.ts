/** Keys of a group that would make a test slow with their defaults: heartbeats, commits and retries come soon. */
export const quickInline = {
  timeouts: { heartbeat: '100ms', session: '10s', rebalance: '10s' },
  retry: { baseDelay: '5ms', maxDelay: '20ms' },
  commit: { interval: '20ms' },
  batch: { maxWait: '50ms' },
} as const;

/** The same, for handlers that are modules and run in threads. */
export const quick = { ...quickInline, concurrency: { workers: 2 } } as const;
