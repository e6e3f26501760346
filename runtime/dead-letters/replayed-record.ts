/**
 * A dead letter as it is sent back: the record it was, and how often that has happened. What is dropped and what is
 * added, names and order, is as eventsource-py 0.15 does it, so that either side counts on from the other.
 *
 *   letter    event_id, …, retry_count, retry_after, dlq_replay_count: 1, dlq_reason, …, dlq_consumer_group
 *   replayed  event_id, …,              retry_after,                    retry_count: 0, dlq_replay_count: 2
 *
 * `retry_count: 0` tells eventsource-py to count its retries anew; the `retry_after` of the last of them has passed.
 */
import type { OutboundRecord, RawHeader } from '../core/thread-messages.ts';
import { type DeadLetter, replayCountHeader } from './dead-letter.ts';

const retryCountHeader = 'retry_count';

/** Without a partition and a time of its own: its key decides, and the time is that of the replay. */
export function replayedRecord(letter: DeadLetter, topic: string): OutboundRecord {
  const kept = letter.headers.filter(([name]) => !name.startsWith('dlq_') && name !== retryCountHeader);
  const headers: readonly RawHeader[] = [
    ...kept,
    [retryCountHeader, Buffer.from('0')],
    [replayCountHeader, Buffer.from(String(letter.replayCount + 1))],
  ];
  return { topic, key: letter.key, value: letter.value, headers };
}
