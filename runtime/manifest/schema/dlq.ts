import { legalTopic } from './topics.ts';

/** Defaults and limits of `groups.<name>.dlq`. */
export const dlqOptions = {
  enabled: {
    type: 'boolean',
    default: true,
    description: 'Whether records that failed for good are written to a dead letter topic.',
  },
  suffix: {
    type: 'string',
    pattern: '^[A-Za-z0-9._-]+$',
    maxLength: 100,
    want: 'letters, digits, dot, underscore or hyphen',
    default: '.dlq',
    description: 'Name of the dead letter topic: the name of the topic, then this.',
  },
  topic: {
    ...legalTopic,
    type: ['string', 'null'],
    default: null,
    description: 'One dead letter topic for all topics of the group, instead of the suffix.',
  },
  onError: {
    type: 'string',
    enum: ['block'],
    default: 'block',
    description: 'The dead letter could not be written: hold the key and try again, never drop.',
  },
  onDisabled: {
    type: 'string',
    enum: ['block', 'drop'],
    default: 'block',
    description: 'With enabled: false: hold the key until an operator acts, or drop the record and count it.',
  },
  maxReplays: {
    type: 'integer',
    minimum: 0,
    maximum: 1_000,
    default: 3,
    description: 'How often one record is sent back from the dead letter topic; more only when it is forced.',
  },
} as const;

export const dlqLater = ['headers', 'stack'] as const;
