/**
 * The dead letter of a record: its key, value and headers as they came, byte for byte and in order, followed by our own
 * headers about what happened. Names, order and formats are those of eventsource-py (row S-65), so that its tools list
 * and replay what we wrote.
 *
 *   original headers, without any of ours from an earlier round
 *   dlq_reason, dlq_error_type, dlq_error_message, dlq_retry_count, dlq_timestamp,
 *   dlq_original_topic, dlq_original_partition, dlq_original_offset, dlq_consumer_group
 *   dlq_truncated: true    only where the record was too large for the topic and parts are left out (row R8)
 */
import { type DeadLetterHeader, deadLetterHeaders } from '../core/dead-letter-headers.ts';
import type { ExhaustedReport, OutboundRecord, RawHeader } from '../core/thread-messages.ts';

const ours: ReadonlySet<string> = new Set(deadLetterHeaders);
const messageMax = 1_000; // characters of the error message, S-65

/** @param wallTime milliseconds since 1970, of giving up */
export function deadLetter(report: ExhaustedReport, topic: string, group: string, wallTime: number): OutboundRecord {
  const { place, record } = report;
  const about: readonly RawHeader[] = [
    text('dlq_reason', report.reason),
    text('dlq_error_type', report.error.name),
    text('dlq_error_message', firstCharacters(report.error.message, messageMax)),
    text('dlq_retry_count', String(Math.max(0, report.attempts - 1))), // four calls are three retries
    text('dlq_timestamp', timestamp(wallTime)),
    text('dlq_original_topic', place.topic),
    text('dlq_original_partition', String(place.partition)),
    text('dlq_original_offset', String(place.offset)),
    text('dlq_consumer_group', group),
  ];
  const original = record.headers.filter(([name]) => !ours.has(name));
  return { topic, key: record.key, value: record.value, headers: [...original, ...about] };
}

/**
 * The next smaller form of a letter that is too large for its topic: without the value, then without the original
 * headers, then without the key. Where the record was still stands in our headers.
 * @returns null when nothing is left to take away
 */
export function shortened(letter: OutboundRecord): OutboundRecord | null {
  const marked = letter.headers.some(([name]) => name === 'dlq_truncated')
    ? letter.headers
    : [...letter.headers, text('dlq_truncated', 'true')];
  if (letter.value !== null) return { ...letter, value: null, headers: marked };
  const own = marked.filter(([name]) => ours.has(name));
  if (own.length < marked.length) return { ...letter, headers: own };
  return letter.key === null ? null : { ...letter, key: null, headers: own };
}

function text(name: DeadLetterHeader, value: string): RawHeader {
  return [name, Buffer.from(value, 'utf8')];
}

/** Cuts between characters, never inside one that takes two UTF-16 units. */
function firstCharacters(value: string, max: number): string {
  if (value.length <= max) return value;
  let cut = '';
  let count = 0;
  for (const character of value) {
    if (count++ === max) break;
    cut += character;
  }
  return cut;
}

/** `2026-11-21T01:04:38.508000+00:00`: Python's isoformat, which has six digits; our clock knows three of them. */
function timestamp(wallTime: number): string {
  return new Date(wallTime).toISOString().replace(/Z$/, '000+00:00');
}
