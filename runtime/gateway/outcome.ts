/** From what became of a record to what its request is told. Kafka's own words stay here: they name hosts and topics. */
import { isRuntimeFault, type KafkaError, type PublishError } from '../core/errors.ts';
import type { WrittenPlace } from '../core/thread-messages.ts';
import { type Answer, refused, stalled } from './answer.ts';

/** What became of one record; of a producer that gives up only what it has never sent. */
export type WriteResult =
  | { readonly kind: 'written'; readonly place: WrittenPlace }
  | { readonly kind: 'failed'; readonly error: unknown };

const tooLarge = new Set([10, 18]); // MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE

/** @param id of the event */
export function answerTo(result: WriteResult, id: string): Answer {
  if (result.kind === 'failed') return refusalOf(result.error);
  const { topic, partition, offset } = result.place;
  return { kind: 'accepted', id, topic, partition, offset: offset < 0 ? null : String(offset) };
}

function refusalOf(error: unknown): Answer {
  const code = isRuntimeFault(error) ? error.code : null;
  const kafkaError = (error as KafkaError | PublishError).kafkaError ?? null;
  if (kafkaError !== null && tooLarge.has(kafkaError.code)) return refused(413, 'the event is too large for its topic');
  switch (code) {
    case 'RT_PUBLISH_BUFFER_FULL':
      return refused(429, 'too many events wait for Kafka: nothing of this request was written');
    case 'RT_KAFKA_TIMEOUT':
      return stalled;
    case 'RT_KAFKA_REFUSED':
      return refused(502, `Kafka refused the event${kafkaError === null ? '' : ` with ${kafkaError.name}`}`);
    case 'RT_KAFKA_CONNECTION':
      return refused(504, 'this process ended before it was known whether the event was written');
    default:
      return refused(500, 'internal error');
  }
}
