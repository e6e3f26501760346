/**
 * A dead letter as it is shown: the record, and what its headers say of where it came from and why it is here. Read from
 * the headers of row S-65, which eventsource-py and this runtime write alike; anybody may have written the record, so
 * every one of them may be missing or say anything.
 */
import type { DeadLetterHeader } from '../core/dead-letter-headers.ts';
import type { RawHeader } from '../core/thread-messages.ts';
import type { StoredRecord } from '../kafka/stored-records.ts';

export interface DeadLetter {
  /** Where the letter lies. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Of the letter in Kafka, so when it was written. */
  readonly timestamp: Date;
  /** As they came, byte for byte. */
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** All, in order, repeats kept. */
  readonly headers: readonly RawHeader[];
  /** Null from here on: the letter does not say. */
  readonly eventType: string | null;
  readonly eventId: string | null;
  readonly original: {
    readonly topic: string | null;
    readonly partition: number | null;
    readonly offset: bigint | null;
  };
  /** Consumer group that gave the record up. */
  readonly group: string | null;
  /** `max_retries_exceeded`, `deserialization_error`, … */
  readonly reason: string | null;
  readonly error: { readonly name: string | null; readonly message: string | null };
  /** Calls after the first one. */
  readonly retries: number | null;
  /** When the record was given up. */
  readonly failedAt: Date | null;
  /** How often the record had been sent back before it came here. */
  readonly replayCount: number;
  /** The record was too large: parts of it are left out here. */
  readonly truncated: boolean;
}

/** How often a record was sent back; a letter keeps it, so that it counts on when the record fails again. */
export const replayCountHeader = 'dlq_replay_count';

/** Never throws, whatever the headers say. */
export function deadLetterOf(record: StoredRecord): DeadLetter {
  const { topic, partition, key, value, headers } = record;
  // Whoever wrote the letter has put what it says behind what was there: the last one counts.
  const say = (name: DeadLetterHeader): string | null =>
    textOf(headers.findLast(([own, bytes]) => own === name && bytes !== null));
  const first = (name: string): string | null => textOf(headers.find(([own]) => own === name));
  return {
    ...{ topic, partition, offset: BigInt(record.offset), timestamp: new Date(record.timestamp), key, value, headers },
    eventType: first('event_type'),
    eventId: first('event_id'),
    original: {
      topic: say('dlq_original_topic'),
      partition: wholeNumber(say('dlq_original_partition')),
      offset: offsetOf(say('dlq_original_offset')),
    },
    group: say('dlq_consumer_group'),
    reason: say('dlq_reason'),
    error: { name: say('dlq_error_type'), message: say('dlq_error_message') },
    retries: wholeNumber(say('dlq_retry_count')),
    failedAt: time(say('dlq_timestamp')),
    replayCount: wholeNumber(first(replayCountHeader)) ?? 0, // as handlers see it in `ctx.replayCount`
    truncated: say('dlq_truncated') === 'true',
  };
}

function textOf(header: RawHeader | undefined): string | null {
  const bytes = header?.[1];
  return bytes === undefined || bytes === null ? null : Buffer.from(bytes).toString('utf8');
}

function wholeNumber(text: string | null): number | null {
  const value = text !== null && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}

function offsetOf(text: string | null): bigint | null {
  return text !== null && /^\d{1,19}$/.test(text) ? BigInt(text) : null;
}

/** Python's isoformat: up to six digits of a second, and a zone; without one it is UTC, as eventsource-py means it. */
function time(text: string | null): Date | null {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text)) return null;
  const value = new Date(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(value.getTime()) ? null : value;
}
