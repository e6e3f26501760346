/** Why a record is not written, where it is not Kafka that says so. */
import { KafkaError, PublishError } from '../core/errors.ts';
import type { ProducerSettings } from '../core/settings.ts';
import type { OutboundRecord } from '../core/thread-messages.ts';
import { kafkaErrorName, kafkaErrors } from '../protocol/error-codes.ts';
import { hintFor } from './produce-errors.ts';
import { sizeOf } from './queued-record.ts';

/** Brokers close the connection of a longer request (`socket.request.max.bytes`); the rest is for what is around it. */
const recordBytesMax = 104_857_600 - 65_536;

/** What keeps a record from being taken at all; null when nothing does. */
export function faultOf(
  record: OutboundRecord,
  { partitioner, bufferBytes }: Pick<ProducerSettings, 'partitioner' | 'bufferBytes'>,
  deadLetter: boolean,
): PublishError | null {
  if (partitioner.keyRequired && record.key === null && record.partition === undefined && !deadLetter) {
    const message = `a record for ${record.topic} has no key, and producer.partitioner.keyRequired asks for one: give it a key or an aggregateId`;
    return new PublishError('RT_PUBLISH_INVALID', message, { retryable: false });
  }
  const size = sizeOf(record);
  if (size <= Math.min(bufferBytes, recordBytesMax)) return null;
  const limit = size > bufferBytes ? `producer.bufferBytes (${bufferBytes})` : `Kafka takes (${recordBytesMax})`;
  const message = `a record for ${record.topic} of ${size} bytes is larger than ${limit}: send less`;
  const kafkaError = { code: kafkaErrors.MESSAGE_TOO_LARGE, name: kafkaErrorName(kafkaErrors.MESSAGE_TOO_LARGE) };
  return new PublishError('RT_PUBLISH_INVALID', message, { retryable: false, kafkaError });
}

export function closedError(): KafkaError {
  const message = 'the producer is closed; what was on its way may have been written';
  return new KafkaError('RT_KAFKA_CONNECTION', message, { retryable: false });
}

/** @param errorCode what Kafka says about the topic; 0 when it is fine */
export function expiredError(topic: string, waitedMs: number, errorCode: number): KafkaError {
  const seconds = Math.round(waitedMs / 1000);
  const why = errorCode === 0 ? '' : `; Kafka says ${kafkaErrorName(errorCode)} about the topic${hintFor(errorCode)}`;
  return new KafkaError('RT_KAFKA_TIMEOUT', `a record for ${topic} was not written within ${seconds} s${why}`, {
    retryable: true,
  });
}
