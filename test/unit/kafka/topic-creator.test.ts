import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Broker, createBroker } from '../../../runtime/broker/broker.ts';
import { systemClock } from '../../../runtime/core/clock.ts';
import { systemRandom } from '../../../runtime/core/random.ts';
import { ensureTopics } from '../../../runtime/kafka/topic-creator.ts';
import { zeroUuid } from '../../../runtime/protocol/codec.ts';
import { describeConfigs } from '../../../runtime/protocol/describe-configs.ts';
import { kafkaErrors } from '../../../runtime/protocol/error-codes.ts';
import { metadata } from '../../../runtime/protocol/metadata.ts';
import { TestKafka } from '../../../runtime/testing/test-kafka.ts';

let broker: Broker;
let kafka: TestKafka;

beforeEach(async () => {
  broker = await createBroker({ clock: systemClock, random: systemRandom });
  kafka = new TestKafka([broker.address]);
});

afterEach(async () => {
  await kafka.close();
  await broker.close();
});

function ensure(...topics: readonly (readonly [name: string, dlqTopic: string | null])[]) {
  const groups = [{ topics: topics.map(([name, dlqTopic]) => ({ name, dlqTopic })) }];
  return ensureTopics({ client: kafka.client, clock: systemClock, random: systemRandom, groups, timeoutMs: 5_000 });
}

async function partitionCounts(...names: readonly string[]): Promise<readonly number[]> {
  const response = await kafka.client.send('any', 'metadata', metadata, {
    topics: names.map((name) => ({ topicId: zeroUuid, name })),
    autoCreateTopics: false,
    includeClusterOperations: false,
    includeTopicOperations: false,
  });
  return names.map((name) => response.topics.find((topic) => topic.name === name)?.partitions.length ?? 0);
}

test('missing topics are created with three partitions and seven days of retention', async () => {
  expect(await ensure(['orders', 'orders.dlq'])).toEqual(['orders', 'orders.dlq']);
  expect(await partitionCounts('orders', 'orders.dlq')).toEqual([3, 3]);
  const configs = await kafka.client.send('any', 'metadata', describeConfigs, {
    resources: [{ type: 2, name: 'orders', configNames: ['retention.ms'] }],
    includeSynonyms: false,
    includeDocumentation: false,
  });
  expect(configs.resources[0]?.configs[0]).toMatchObject({ name: 'retention.ms', value: '604800000' });
});

test('a dead letter topic has as many partitions as its source, and what exists stays as it is', async () => {
  await kafka.createTopics({
    orders: { partitions: 5 },
    payments: { partitions: 2 },
    'payments.dlq': { partitions: 1 },
  });
  expect(await ensure(['orders', 'orders.dlq'], ['payments', 'payments.dlq'], ['audit', null])).toEqual([
    'orders.dlq',
    'audit',
  ]);
  expect(await partitionCounts('orders', 'orders.dlq', 'payments', 'payments.dlq', 'audit')).toEqual([5, 5, 2, 1, 3]);
});

test('a dead letter topic that several sources share has the most partitions of them', async () => {
  await kafka.createTopics({ a: { partitions: 2 }, b: { partitions: 6 } });
  await ensure(['a', 'all.dlq'], ['b', 'all.dlq']);
  expect(await partitionCounts('all.dlq')).toEqual([6]);
});

test('when nothing is missing nothing is asked to be created', async () => {
  await kafka.createTopics({ orders: {} });
  const before = broker.control.served('CreateTopics');
  expect(await ensure(['orders', null])).toEqual([]);
  expect(broker.control.served('CreateTopics')).toBe(before);
});

test('somebody else who creates the same topic at the same time is no mistake', async () => {
  broker.control.next('CreateTopics', { kind: 'error', code: kafkaErrors.TOPIC_ALREADY_EXISTS });
  expect(await ensure(['orders', null])).toEqual(['orders']);
});

test('a cluster in trouble is asked again', async () => {
  broker.control.next('Metadata', { kind: 'close' }, { kind: 'pass' });
  broker.control.next('CreateTopics', { kind: 'error', code: kafkaErrors.NOT_CONTROLLER });
  expect(await ensure(['orders', null])).toEqual(['orders']);
});

test('without the right to create, the message says which topic and what to do', async () => {
  broker.control.next('CreateTopics', { kind: 'error', code: kafkaErrors.TOPIC_AUTHORIZATION_FAILED });
  await expect(ensure(['orders', null])).rejects.toMatchObject({
    code: 'RT_KAFKA_REFUSED',
    retryable: false,
    message: expect.stringMatching(/^topic orders does not exist .*TOPIC_AUTHORIZATION_FAILED; create it yourself/),
  });
});
