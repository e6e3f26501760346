import { expect, test } from 'vitest';
import { isRetryableKafkaError, kafkaErrorName, kafkaErrors } from '../../../runtime/protocol/error-codes.ts';

test('codes run without a gap from -1 on, each with a name of its own', () => {
  const codes = Object.values(kafkaErrors);
  expect(codes).toEqual(codes.map((_, i) => i - 1));
  expect(new Set(codes.map(kafkaErrorName)).size).toBe(codes.length);
});

test('codes have the names that Kafka gives them', () => {
  expect(kafkaErrorName(0)).toBe('NONE');
  expect(kafkaErrorName(-1)).toBe('UNKNOWN_SERVER_ERROR');
  expect(kafkaErrorName(27)).toBe('REBALANCE_IN_PROGRESS');
  expect(kafkaErrorName(82)).toBe('FENCED_INSTANCE_ID');
  expect(kafkaErrorName(113)).toBe('STALE_MEMBER_EPOCH');
  expect(kafkaErrorName(1234)).toBe('KAFKA_ERROR_1234');
});

test('retryable is what Kafka declares', () => {
  expect(isRetryableKafkaError(kafkaErrors.NOT_LEADER_OR_FOLLOWER)).toBe(true);
  expect(isRetryableKafkaError(kafkaErrors.UNSTABLE_OFFSET_COMMIT)).toBe(true);
  expect(isRetryableKafkaError(kafkaErrors.NONE)).toBe(false);
  expect(isRetryableKafkaError(kafkaErrors.TOPIC_AUTHORIZATION_FAILED)).toBe(false);
  expect(isRetryableKafkaError(1234)).toBe(false);
});
