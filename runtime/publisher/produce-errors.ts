/** What the producer does about each error code that a broker gives for one partition of a Produce request. */
import { toErrorData } from '../core/error-data.ts';
import { isRuntimeFault, KafkaError } from '../core/errors.ts';
import { isRetryableKafkaError, kafkaErrorName, kafkaErrors } from '../protocol/error-codes.ts';

/**
 * `written`: the batch is in the log, perhaps by an earlier attempt. `retry`: the same bytes again, `producer.retries`
 * times at most. `wait`: the same, until the cluster has a leader and enough replicas. `split`: in smaller batches.
 * `halve`: in two, to find the record at fault. `renew`: under a new producer id, the broker has lost count of this
 * one's sequence. `refuse`: never.
 */
export type ProduceAction = 'written' | 'retry' | 'wait' | 'split' | 'halve' | 'renew' | 'refuse';

/** @param records how many the batch holds: one alone cannot be split */
export function produceAction(errorCode: number, records: number): ProduceAction {
  switch (errorCode) {
    case kafkaErrors.NONE:
    case kafkaErrors.DUPLICATE_SEQUENCE_NUMBER:
      return 'written';
    case kafkaErrors.MESSAGE_TOO_LARGE:
    case kafkaErrors.RECORD_LIST_TOO_LARGE:
      return records > 1 ? 'split' : 'refuse';
    case kafkaErrors.INVALID_RECORD:
    case kafkaErrors.INVALID_TIMESTAMP:
      return records > 1 ? 'halve' : 'refuse';
    case kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION:
    case kafkaErrors.LEADER_NOT_AVAILABLE:
    case kafkaErrors.NOT_LEADER_OR_FOLLOWER:
    case kafkaErrors.NOT_ENOUGH_REPLICAS:
    case kafkaErrors.KAFKA_STORAGE_ERROR:
    case kafkaErrors.FENCED_LEADER_EPOCH:
    case kafkaErrors.UNKNOWN_LEADER_EPOCH:
      return 'wait';
    case kafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER:
    case kafkaErrors.INVALID_PRODUCER_EPOCH:
    case kafkaErrors.INVALID_PRODUCER_ID_MAPPING:
    case kafkaErrors.UNKNOWN_PRODUCER_ID:
      return 'renew';
    default:
      return isRetryableKafkaError(errorCode) ? 'retry' : 'refuse';
  }
}

/** @param where what was refused, for people @param detail the broker's own words, if it had any */
export function refusal(where: string, errorCode: number, detail: string | null = null): KafkaError {
  const name = kafkaErrorName(errorCode);
  const said = detail === null || detail === '' ? '' : `: ${detail}`;
  return new KafkaError('RT_KAFKA_REFUSED', `${where} was refused with ${name}${said}${hintFor(errorCode)}`, {
    retryable: isRetryableKafkaError(errorCode),
    kafkaError: { code: errorCode, name },
  });
}

/** An error that would have passed came back too often. */
export function gaveUp(where: string, retries: number, last: unknown): KafkaError {
  const { message } = toErrorData(last);
  const error = isRuntimeFault(last) && last.code === 'RT_KAFKA_TIMEOUT' ? 'RT_KAFKA_TIMEOUT' : 'RT_KAFKA_REFUSED';
  const kafkaError = last instanceof KafkaError ? last.kafkaError : null;
  return new KafkaError(
    error,
    `${where} was given up after ${retries} retries (producer.retries); the last answer: ${message}`,
    { retryable: true, cause: last, ...(kafkaError !== null && { kafkaError }) },
  );
}

export function hintFor(errorCode: number): string {
  const hint = hints[errorCode];
  return hint === undefined ? '' : `; ${hint}`;
}

const hints: Readonly<Record<number, string>> = {
  [kafkaErrors.MESSAGE_TOO_LARGE]: 'raise max.message.bytes of the topic, or send less',
  [kafkaErrors.TOPIC_AUTHORIZATION_FAILED]: 'allow WRITE and DESCRIBE on the topic for this client',
  [kafkaErrors.CLUSTER_AUTHORIZATION_FAILED]: 'allow IDEMPOTENT_WRITE, or set producer.idempotent to false',
  [kafkaErrors.INVALID_RECORD]: 'a compacted topic takes no record without a key',
  [kafkaErrors.INVALID_TIMESTAMP]: "the topic's message.timestamp settings do not allow this timestamp",
  [kafkaErrors.INVALID_REQUIRED_ACKS]: 'set producer.acks to 0, 1 or all',
  [kafkaErrors.NOT_ENOUGH_REPLICAS]: 'brokers are missing, or min.insync.replicas is too high',
  [kafkaErrors.NOT_ENOUGH_REPLICAS_AFTER_APPEND]: 'brokers are missing, or min.insync.replicas is too high',
  [kafkaErrors.INVALID_TOPIC_EXCEPTION]: 'correct the name of the topic',
  [kafkaErrors.POLICY_VIOLATION]: "the cluster's policy forbids it: ask its operator",
  [kafkaErrors.UNSUPPORTED_COMPRESSION_TYPE]: 'choose another producer.compression',
  [kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION]: 'create the topic, or correct its name',
};
