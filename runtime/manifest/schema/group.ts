import { batchLater, batchOptions } from './batch.ts';
import { bufferOptions } from './buffer.ts';
import { commitLater, commitOptions } from './commit.ts';
import { concurrencyLater, concurrencyOptions } from './concurrency.ts';
import { dedupeOptions } from './dedupe.ts';
import { dlqLater, dlqOptions } from './dlq.ts';
import { handlersOption } from './handlers.ts';
import { offsetsOption } from './offsets.ts';
import { retryLater, retryOptions } from './retry.ts';
import { section } from './section.ts';
import { staticMembershipOption } from './static-membership.ts';
import { timeoutLater, timeoutOptions } from './timeouts.ts';
import { topicOptions } from './topics.ts';

/** What a group says, and `defaults` says for all groups of its file. */
const inheritedOptions = {
  from: {
    type: 'string',
    enum: ['earliest', 'latest', 'fail'],
    laterValues: '^(timestamp|duration|[0-9].*)$',
    default: 'earliest',
    description:
      'Where to start without a committed offset, or when it no longer exists. latest: the end of a partition when the group first met it, committed at once, so that nothing that comes later is missed; partitions that a topic gets later are read from their beginning.',
  },
  execution: {
    type: 'string',
    enum: ['pool', 'inline'],
    default: 'pool',
    description: 'Handlers run in worker threads, or on the main thread (I/O-bound handlers, one CPU).',
  },
  protocol: {
    type: 'string',
    enum: ['auto', 'classic', 'consumer'],
    laterValues: '^share$',
    default: 'auto',
    description:
      'How members agree who reads what; auto takes consumer (KIP-848) where the broker speaks it, else classic.',
  },
  concurrency: section('How many handlers run at once, and in which order.', concurrencyOptions, concurrencyLater),
  batch: section('What one fetch asks for.', batchOptions, batchLater),
  buffer: section('How much may be in memory; over a limit a partition is not fetched.', bufferOptions),
  timeouts: section('How long things may take.', timeoutOptions, timeoutLater),
  staticMembership: staticMembershipOption,
  retry: section('What happens when a handler fails.', retryOptions, retryLater),
  dlq: section('Where records go that failed for good.', dlqOptions, dlqLater),
  commit: section('When offsets are committed.', commitOptions, commitLater),
  offsets: offsetsOption,
  dedupe: section('A record that comes again is handled once.', dedupeOptions),
  format: {
    type: ['string', 'null'],
    enum: ['json', 'debezium', null],
    laterValues: '^(json-schema|avro|protobuf|raw|module)$',
    default: null,
    description:
      'How values are written: JSON, or change events of Debezium, whose types are <table>.c, .u, .d and .r.',
  },
} as const;

const inheritedLater = ['delivery', 'middleware', 'processes', 'priority'] as const;

export const defaultsSection = section(
  'Inherited by every group of this file, key by key.',
  inheritedOptions,
  inheritedLater,
);

export const groupSection = {
  ...section('One consumer group.', { ...topicOptions, handlers: handlersOption, ...inheritedOptions }, [
    ...inheritedLater,
    'topicPattern',
    'rateLimit',
    'circuitBreaker',
    'filter',
    'delay',
    'schedule',
    'state',
    'tables',
  ]),
  required: ['handlers'],
} as const;
