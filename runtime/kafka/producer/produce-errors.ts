/** What the producer does about each error code that a broker gives for one partition of a Produce request. */
import { KafkaError } from '../../core/errors.ts';
import { isRetryableKafkaError, kafkaErrorName, kafkaErrors } from '../../protocol/error-codes.ts';

/**
 * `written`: the batch is in the log, perhaps by an earlier attempt. `retry`: the same bytes again. `split`: in smaller
 * batches. `renew`: under a new producer id, the broker has lost count of this one's sequence. `refuse`: never.
 */
export type ProduceAction = 'written' | 'retry' | 'split' | 'renew' | 'refuse';

/** @param records how many the batch holds: one alone cannot be split */
export function produceAction(errorCode: number, records: number): ProduceAction {
  switch (errorCode) {
    case kafkaErrors.NONE:
    case kafkaErrors.DUPLICATE_SEQUENCE_NUMBER:
      return 'written';
    case kafkaErrors.MESSAGE_TOO_LARGE:
    case kafkaErrors.RECORD_LIST_TOO_LARGE:
      return records > 1 ? 'split' : 'refuse';
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
  const hint = hints[errorCode];
  return new KafkaError('RT_KAFKA_REFUSED', `${where} was refused with ${name}${said}${hint ? `; ${hint}` : ''}`, {
    retryable: isRetryableKafkaError(errorCode),
    kafkaError: { code: errorCode, name },
  });
}

const hints: Readonly<Record<number, string>> = {
  [kafkaErrors.MESSAGE_TOO_LARGE]: 'raise max.message.bytes of the topic, or send less',
  [kafkaErrors.TOPIC_AUTHORIZATION_FAILED]: 'allow WRITE and DESCRIBE on the topic for this client',
  [kafkaErrors.CLUSTER_AUTHORIZATION_FAILED]: 'allow IDEMPOTENT_WRITE, or set producer.idempotent to false',
  [kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION]: 'create the topic, or correct its name',
};
