/** Defaults and limits of `groups.<name>.timeouts`. */
export const timeoutOptions = {
  handler: {
    type: 'string',
    duration: { min: '1ms', max: '24h' },
    default: '5m',
    description: 'A handler that runs longer is aborted and its record counts as failed.',
  },
  slow: {
    type: 'string',
    duration: { min: '1ms', max: '24h' },
    default: '1s',
    description: 'A handler that runs longer is counted and logged.',
  },
  session: {
    type: 'string',
    // What brokers allow by default: group.min.session.timeout.ms and group.max.session.timeout.ms.
    duration: { min: '6s', max: '30m' },
    default: '30s',
    description:
      'A member that is silent for longer loses its partitions; with protocol consumer the broker has its own limit (45s), and this is when the member itself gives up.',
  },
  heartbeat: {
    type: 'string',
    duration: { min: '100ms', max: '10m' },
    default: '3s',
    description:
      'Time between two signs of life, a third of session at most is a good choice; with protocol consumer the broker may ask for a shorter one.',
  },
  rebalance: {
    type: 'string',
    duration: { min: '1s', max: '1h' },
    default: '60s',
    description: 'How long members may take to finish their records when partitions move.',
  },
} as const;

export const timeoutLater = ['preset'] as const;
