/** Defaults and limits of `kafka`. */
export const kafkaOptions = {
  brokers: {
    type: ['string', 'array'],
    minLength: 1,
    minItems: 1,
    items: { type: 'string', minLength: 1, want: 'host:port' },
    default: '${KAFKA_BROKERS:-embedded}',
    want: 'host:port, a list of them, or embedded',
    description:
      'Where Kafka is: a list of host:port, the same with commas, or embedded for the broker in this process (development only).',
  },
  clientId: {
    type: 'string',
    maxLength: 255,
    default: '${HOSTNAME:-}',
    description: 'Name of this process in the logs of the brokers. Empty means <hostname>-<8 hex>.',
  },
  client: {
    type: 'string',
    enum: ['kafkajs', 'platformatic'],
    default: 'kafkajs',
    description: 'The library that connects and authenticates: kafkajs or @platformatic/kafka.',
  },
  requestTimeout: {
    type: 'string',
    duration: { min: '100ms', max: '10m' },
    default: '30s',
    description: 'How long to wait for the answer to a request before the connection is given up.',
  },
  maxResponseBytes: {
    type: 'string',
    size: { min: '64KiB', max: '1GiB' },
    default: '100MiB',
    description: 'A longer response closes the connection before anything is allocated.',
  },
} as const;

export const kafkaLater = ['security', 'reconnect'] as const;
