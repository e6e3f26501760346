/** Defaults and limits of `producer`: how `ctx.publish` and dead letters are written. */
export const producerOptions = {
  acks: {
    type: ['integer', 'string'],
    enum: [0, 1, 'all'],
    default: 'all',
    description: 'Whose acknowledgement a write waits for: nobody, the leader, or all in-sync replicas.',
  },
  compression: {
    type: 'string',
    enum: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    default: 'gzip',
    description: 'How record batches are compressed.',
  },
  idempotent: {
    type: 'boolean',
    default: true,
    description: 'A repeated write is stored once. Needs acks: all.',
  },
} as const;

export const producerLater = [
  'profile',
  'batchBytes',
  'batchRecords',
  'linger',
  'maxInFlight',
  'retries',
  'bufferBytes',
  'maxBlock',
  'partitioner',
] as const;
