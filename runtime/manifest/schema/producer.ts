import { section } from './section.ts';

/** Defaults and limits of `producer.partitioner`. */
const partitionerOptions = {
  by: {
    type: 'string',
    enum: ['key', 'composite', 'prefix', 'roundRobin', 'module'],
    default: 'key',
    description:
      'What decides the partition of an event: its key (as in the Java client), the part of it before a colon, the number behind its last underscore, turns, or a module.',
  },
  module: {
    type: 'string',
    minLength: 1,
    maxLength: 4096,
    want: 'the path of a .ts, .js or .mjs file, relative to the manifest',
    description: 'With by: module: a function (record, partitionCount) => number as default export.',
  },
  keyRequired: {
    type: 'boolean',
    default: false,
    description: 'Whether an event without a key is refused, unless it names its partition.',
  },
} as const;

/** Defaults and limits of `producer`: how published events and dead letters are written. */
export const producerOptions = {
  profile: {
    type: ['string', 'null'],
    enum: ['throughput', 'latency', 'balanced', null],
    default: null,
    description: 'Other defaults for the keys below: for many records, for short waits, or between the two.',
  },
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
  batchBytes: {
    type: 'string',
    size: { min: '1KiB', max: '64MiB' },
    default: '16KiB',
    description: 'Most bytes of one batch before compression; a record that is larger goes alone.',
  },
  batchRecords: {
    type: ['integer', 'null'],
    minimum: 1,
    maximum: 1_000_000,
    default: null,
    description: 'Most records of one batch; null: only batchBytes counts.',
  },
  linger: {
    type: 'string',
    duration: { min: '0ms', max: '60s' },
    default: '0ms',
    description: 'How long a batch that is not full waits for more.',
  },
  idempotent: {
    type: 'boolean',
    default: true,
    description: 'A repeated write is stored once. Needs acks: all, and maxInFlight of 5 at most.',
  },
  maxInFlight: {
    type: 'integer',
    minimum: 1,
    maximum: 1_000,
    default: 5,
    description: 'Requests to one broker that are not answered yet.',
  },
  retries: {
    type: 'integer',
    minimum: 0,
    maximum: 2_147_483_647,
    default: 3,
    description: 'How often a batch is sent again after an error that may pass; waiting for a broker is no retry.',
  },
  bufferBytes: {
    type: 'string',
    size: { min: '64KiB', max: '16GiB' },
    default: '32MiB',
    description: 'Bytes of records that wait for Kafka; beyond them publishing waits.',
  },
  maxBlock: {
    type: 'string',
    duration: { min: '0ms', max: '1h' },
    default: '60s',
    description: 'How long an event waits for room in the buffer, or for its topic, before its publish fails.',
  },
  partitioner: section('Which partition an event goes to, when it names none.', partitionerOptions),
} as const;

/** What a profile (S-26) changes in the defaults; what is written beside it wins. */
export const producerProfiles = {
  throughput: { batchBytes: '1MiB', linger: '100ms', compression: 'lz4', acks: 1, idempotent: false },
  latency: { batchBytes: '16KiB', linger: '0ms', compression: 'none', acks: 1, idempotent: false },
  balanced: { batchBytes: '32KiB', linger: '10ms', compression: 'gzip', acks: 'all', idempotent: true },
} as const;
