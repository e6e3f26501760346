import { expect, test } from 'vitest';
import { memoryStore } from '../../../runtime/broker/storage/broker-store.ts';
import { type NewTopic, Topics } from '../../../runtime/broker/topics.ts';
import { seededRandom } from '../../../runtime/core/random.ts';
import { zeroUuid } from '../../../runtime/protocol/codec.ts';
import { kafkaErrors } from '../../../runtime/protocol/error-codes.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

const topicsOf = () => new Topics(memoryStore, new ManualClock(), seededRandom(1), 3);
const topic = (overrides: Partial<NewTopic> = {}): NewTopic => ({
  name: 'orders',
  partitionCount: 2,
  replicationFactor: 1,
  settings: {},
  ...overrides,
});

test.each([
  ['an empty name', { name: '' }, kafkaErrors.INVALID_TOPIC_EXCEPTION],
  ['two dots', { name: '..' }, kafkaErrors.INVALID_TOPIC_EXCEPTION],
  ['a slash in the name', { name: 'a/b' }, kafkaErrors.INVALID_TOPIC_EXCEPTION],
  ['250 characters', { name: 'x'.repeat(250) }, kafkaErrors.INVALID_TOPIC_EXCEPTION],
  ['no partitions', { partitionCount: 0 }, kafkaErrors.INVALID_PARTITIONS],
  ['a million partitions', { partitionCount: 1_000_000 }, kafkaErrors.INVALID_PARTITIONS],
  ['three replicas', { replicationFactor: 3 }, kafkaErrors.INVALID_REPLICATION_FACTOR],
  ['an unknown setting', { settings: { 'retention.msec': '1' } }, kafkaErrors.INVALID_CONFIG],
  ['a setting of Object.prototype', { settings: { constructor: '1' } }, kafkaErrors.INVALID_CONFIG],
  ['a word as number', { settings: { 'retention.ms': 'soon' } }, kafkaErrors.INVALID_CONFIG],
  ['a value that is not in the list', { settings: { 'cleanup.policy': 'compact,keep' } }, kafkaErrors.INVALID_CONFIG],
])('%s is refused with Kafka´s code', (_, overrides, errorCode) => {
  expect(topicsOf().fault(topic(overrides))?.errorCode).toBe(errorCode);
});

test('a topic exists once, under its name and under its id', () => {
  const topics = topicsOf();
  expect(topics.fault(topic())).toBeNull();
  const made = topics.create(topic());
  expect(topics.fault(topic())?.errorCode).toBe(kafkaErrors.TOPIC_ALREADY_EXISTS);
  expect(topics.find({ name: 'orders', topicId: zeroUuid })).toBe(made);
  expect(topics.find({ name: '', topicId: made.id })).toBe(made);
  expect(topics.find({ name: '', topicId: 'f'.repeat(32) })).toBe(kafkaErrors.UNKNOWN_TOPIC_ID);
});

test('a topic made again has another id', () => {
  const topics = topicsOf();
  const first = topics.create(topic());
  topics.delete(first);
  expect(topics.get('orders')).toBeUndefined();
  expect(topics.create(topic()).id).not.toBe(first.id);
});

test('-1 takes the default count of partitions; they can be added and not taken away', () => {
  const topics = topicsOf();
  const made = topics.create(topic({ partitionCount: -1 }));
  expect(made.partitions).toHaveLength(3);
  expect(topics.addPartitions(made, 3, false)?.errorCode).toBe(kafkaErrors.INVALID_PARTITIONS);
  expect(topics.addPartitions(made, 5, true)).toBeNull();
  expect(topics.get('orders')?.partitions).toHaveLength(3);
  expect(topics.addPartitions(made, 5, false)).toBeNull();
  expect(topics.get('orders')?.partitions.slice(0, 3)).toEqual(made.partitions);
  expect(topics.get('orders')?.partitions).toHaveLength(5);
});

test('settings take effect on the next append', () => {
  const topics = topicsOf();
  const made = topics.create(topic());
  expect(topics.configure(made, { 'max.message.bytes': '-x' }, false)?.errorCode).toBe(kafkaErrors.INVALID_CONFIG);
  expect(topics.configure(made, { 'max.message.bytes': '500' }, false)).toBeNull();
  expect(topics.get('orders')?.appendRules.maxBatchBytes).toBe(500);
});
