/** Defaults and limits of `groups.<name>.retry`. */
export const retryOptions = {
  maxRetries: {
    type: 'integer',
    minimum: -1,
    maximum: 1_000_000,
    default: 3,
    description: 'Calls after the first one: 3 means 4 calls in all. -1 means for ever.',
  },
  baseDelay: {
    type: 'string',
    duration: { min: '1ms', max: '24h' },
    default: '1s',
    description: 'Wait before the first retry; doubled before each further one.',
  },
  maxDelay: {
    type: 'string',
    duration: { min: '1ms', max: '24h' },
    default: '60s',
    description: 'Longest wait before a retry.',
  },
  jitter: {
    type: 'number',
    minimum: 0,
    maximum: 1,
    default: 0.1,
    description: 'Fraction by which a wait is randomly longer or shorter.',
  },
  onExhausted: {
    type: 'string',
    enum: ['dlq', 'stop'],
    laterValues: '^(skip|module|.*\\.(ts|js|mjs))$',
    default: 'dlq',
    description: 'When retries are used up: write a dead letter, or hold the key until an operator acts.',
  },
  never: {
    type: 'array',
    items: { type: 'string', minLength: 1, want: 'the name of an error' },
    uniqueItems: true,
    default: ['ValidationError'],
    description: 'Names of errors that are not tried again.',
  },
} as const;

export const retryLater = ['mode', 'maxAge', 'byError', 'tiers'] as const;
