/** Names of the headers that tell what happened to a dead letter: one list for writing and for reading (row S-65). */

/** In the order in which they are written. The last one only where parts of the record are left out. */
export const deadLetterHeaders = [
  'dlq_reason',
  'dlq_error_type',
  'dlq_error_message',
  'dlq_retry_count',
  'dlq_timestamp',
  'dlq_original_topic',
  'dlq_original_partition',
  'dlq_original_offset',
  'dlq_consumer_group',
  'dlq_truncated',
] as const;

export type DeadLetterHeader = (typeof deadLetterHeaders)[number];
