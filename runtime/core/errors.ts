/**
 * Errors answer two questions: who has to act (the class), and what happened (the code). `retryable` is decided where
 * the error is born. Errors lose their class when they cross a thread, so they cross as `ErrorData` and code looks at
 * `code` and `name`, not at `instanceof`.
 */

/** What happened, for machines. A code is never renamed and never reused. */
export const errorCodes = {
  RT_USAGE: 'the command line was not understood',
  RT_ENVIRONMENT: 'something this program needs from the machine is missing',
  RT_MANIFEST_INVALID: 'the manifest does not match its schema',
  RT_HANDLER_LOAD: 'a handler module could not be loaded',
  RT_HANDLER_FAILED: 'a handler threw something that is not an error',
  RT_HANDLER_TIMEOUT: 'a handler ran longer than `timeouts.handler`',
  RT_HANDLER_ABORTED: 'a handler was stopped because its partition was given up',
  RT_THREAD_DIED: 'a handler thread ended unexpectedly',
  RT_RECORD_CORRUPT: 'bytes from Kafka do not decode as record batches',
  RT_KAFKA_CONNECTION: 'the connection to a broker failed or was closed',
  RT_KAFKA_TIMEOUT: 'a broker did not answer within `kafka.requestTimeout`',
  RT_KAFKA_PROTOCOL: 'a broker sent bytes that do not follow the protocol',
  RT_KAFKA_UNSUPPORTED: 'a broker does not speak a version of an API that the runtime needs',
  RT_KAFKA_REFUSED: 'a broker answered with an error code',
  RT_PUBLISH_INVALID: 'a record cannot be published as it is',
  RT_PUBLISH_SCHEMA: 'an event is not what the schema of its type says',
  RT_PUBLISH_BUFFER_FULL: 'no room in `producer.bufferBytes` came free within `producer.maxBlock`',
  RT_PUBLISH_PARTLY: 'some records of one publish were not written',
  RT_COMMIT_FENCED: 'the partition belongs to a newer epoch; the commit was dropped',
  RT_GROUP_FAILED: 'a consumer group cannot go on',
  RT_GROUP_STALLED: 'a loop of a consumer group waited longer than `observability.health.stalledFor`',
  RT_STORE_URL: 'a url that names no store',
  RT_STORE_CONNECTION: 'the database of the store could not be reached, or the connection broke',
  RT_STORE_REFUSED: 'the database of the store refused a statement',
  RT_STORE_SCHEMA: 'the tables of the store are older or newer than this program',
  RT_STORE_BUSY: 'the folder of an embedded store is open elsewhere',
  RT_STORE_CONFLICT: 'an aggregate has changed since it was loaded',
  RT_STORE_EVENT: 'an event, a snapshot or a record that cannot be stored',
  RT_DEAD_LETTER_MISSING: 'there is no dead letter at this place',
  RT_DEAD_LETTER_REPLAYS: 'a dead letter has been sent back as often as `dlq.maxReplays` allows',
  RT_DEAD_LETTER_UNFIT: 'a dead letter does not hold what it takes to send it back',
  RT_OFFSET_MISSING: 'there is no committed offset, and `from: fail` forbids to choose one',
  RT_OFFSETS_LOAD: 'the module of `offsets` did not say where a partition begins',
  RT_INTERNAL: 'a mistake in the runtime itself',
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface FaultOptions {
  /** Whether the same action may succeed later without anybody's help. */
  readonly retryable: boolean;
  readonly cause?: unknown;
}

abstract class RuntimeFault extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: FaultOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable;
  }
}

/** The author of the command line or of its environment has to act. */
export class UsageError extends RuntimeFault {
  override readonly name = 'UsageError';
}

/** Whoever looks after dead letters has to act: another letter, another topic, or `force`. */
export class DeadLetterError extends RuntimeFault {
  override readonly name = 'DeadLetterError';
}

/** The author of the manifest has to act. */
export class ManifestError extends RuntimeFault {
  override readonly name = 'ManifestError';
}

/** The author of the handler has to act. */
export class HandlerError extends RuntimeFault {
  override readonly name = 'HandlerError';
}

/** The operator of Kafka has to act. `kafkaError` keeps Kafka's own name and number where it sent one. */
export class KafkaError extends RuntimeFault {
  override readonly name = 'KafkaError';
  readonly kafkaError: { readonly code: number; readonly name: string } | null;

  constructor(
    code: ErrorCode,
    message: string,
    options: FaultOptions & { readonly kafkaError?: { readonly code: number; readonly name: string } },
  ) {
    super(code, message, options);
    this.kafkaError = options.kafkaError ?? null;
  }
}

/** The author of what publishes has to act. `kafkaError`: what Kafka would have said, had we asked. */
export class PublishError extends RuntimeFault {
  override readonly name: string = 'PublishError';
  readonly kafkaError: { readonly code: number; readonly name: string } | null;

  constructor(
    code: ErrorCode,
    message: string,
    options: FaultOptions & { readonly kafkaError?: { readonly code: number; readonly name: string } },
  ) {
    super(code, message, options);
    this.kafkaError = options.kafkaError ?? null;
  }
}

/** The same, for an event that is not what its schema says: no retry makes it right, as `retry.never` has it. */
export class ValidationError extends PublishError {
  override readonly name = 'ValidationError';
}

/** The operator of the store's database has to act. `sqlState` is PostgreSQL's own code where it sent one. */
export class StoreError extends RuntimeFault {
  override readonly name: string = 'StoreError';
  readonly sqlState: string | null;

  constructor(code: ErrorCode, message: string, options: FaultOptions & { readonly sqlState?: string }) {
    super(code, message, options);
    this.sqlState = options.sqlState ?? null;
  }
}

/** We have to act. */
export class InternalError extends RuntimeFault {
  override readonly name = 'InternalError';
}

export type { RuntimeFault };

/** True for errors of this file, whatever their class. */
export function isRuntimeFault(error: unknown): error is RuntimeFault {
  return error instanceof RuntimeFault;
}
