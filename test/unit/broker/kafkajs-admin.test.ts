// What administrators and transactional producers ask for, through a client that we did not write.
import { type Admin, ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Broker, createBroker } from '../../../runtime/broker/broker.ts';
import { systemClock } from '../../../runtime/core/clock.ts';
import { seededRandom } from '../../../runtime/core/random.ts';
import { offsetCommit } from '../../../runtime/protocol/offset-commit.ts';
import { commitRequest } from './support/requests.ts';
import { WireClient } from './support/wire-client.ts';

let broker: Broker;
let kafka: Kafka;
let admin: Admin;
const opened: { disconnect(): Promise<void> }[] = [];

beforeEach(async () => {
  broker = await createBroker({ clock: systemClock, random: seededRandom(1) });
  const retry = { initialRetryTime: 20, retries: 3 };
  kafka = new Kafka({ brokers: [`127.0.0.1:${broker.address.port}`], logLevel: logLevel.NOTHING, retry });
  admin = kafka.admin();
  await admin.connect();
  opened.push(admin);
  await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 2 }] });
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.disconnect()));
  await broker.close();
});

async function send(values: readonly string[], partition = 0): Promise<void> {
  const producer = kafka.producer();
  await producer.connect();
  opened.push(producer);
  await producer.send({ topic: 'orders', messages: values.map((value) => ({ value, partition })) });
}

async function setting(name: string): Promise<string | undefined> {
  const resource = { type: ConfigResourceTypes.TOPIC, name: 'orders' };
  const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
  return resources[0]?.configEntries.find((entry) => entry.configName === name)?.configValue;
}

test('topics grow, are configured and deleted', async () => {
  await admin.createPartitions({ topicPartitions: [{ topic: 'orders', count: 5 }] });
  expect(await admin.fetchTopicOffsets('orders')).toHaveLength(5);
  expect(await setting('retention.ms')).toBe('604800000');
  const configEntries = [{ name: 'retention.ms', value: '1000' }];
  const resources = [{ type: ConfigResourceTypes.TOPIC, name: 'orders', configEntries }];
  await admin.alterConfigs({ resources, validateOnly: false });
  expect(await setting('retention.ms')).toBe('1000');
  await admin.deleteTopics({ topics: ['orders'] });
  expect(await admin.listTopics()).toEqual([]);
});

test('offsets of a group are read, and deleted with the group', async () => {
  await send(['a', 'b', 'c']);
  const client = await WireClient.open(broker.address.port);
  await client.send(offsetCommit, commitRequest(2), 8); // the admin's own way takes a consumer's 5 s fetch
  client.close();
  const [topic] = await admin.fetchOffsets({ groupId: 'billing', topics: ['orders'] });
  expect(topic?.partitions.find((p) => p.partition === 0)?.offset).toBe('2');
  expect((await admin.listGroups()).groups.map((g) => g.groupId)).toEqual(['billing']);
  await admin.deleteGroups(['billing']);
  expect((await admin.listGroups()).groups).toEqual([]);
});

test('records are deleted up to an offset', async () => {
  await send(['a', 'b', 'c']);
  await admin.fetchTopicOffsets('orders'); // kafkajs deletes only where it knows the leader already
  await admin.deleteTopicRecords({ topic: 'orders', partitions: [{ partition: 0, offset: '2' }] });
  const [first] = (await admin.fetchTopicOffsets('orders')).filter((p) => p.partition === 0);
  expect(first).toMatchObject({ low: '2', high: '3' });
});

test('a stable group is described with its members and what they have', async () => {
  const consumer = kafka.consumer({ groupId: 'billing', maxWaitTimeInMs: 50, sessionTimeout: 6000 });
  await consumer.connect();
  opened.push(consumer);
  await consumer.subscribe({ topic: 'orders' });
  await consumer.run({ eachMessage: async () => {} });
  await vi.waitFor(
    async () => {
      const { groups } = await admin.describeGroups(['billing']);
      expect(groups[0]).toMatchObject({ state: 'Stable', protocolType: 'consumer', protocol: 'RoundRobinAssigner' });
      expect(groups[0]?.members[0]?.memberAssignment.length).toBeGreaterThan(0);
    },
    { timeout: 10_000 },
  );
});

test('what a transaction aborted is not seen, what it committed is, with the offsets it sent along', async () => {
  const producer = kafka.producer({ transactionalId: 'copy', maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  opened.push(producer);
  const aborted = await producer.transaction();
  await aborted.send({ topic: 'orders', messages: [{ value: 'aborted', partition: 0 }] });
  await aborted.abort();
  const committed = await producer.transaction();
  await committed.send({ topic: 'orders', messages: [{ value: 'committed', partition: 0 }] });
  const topics = [{ topic: 'source', partitions: [{ partition: 0, offset: '7' }] }];
  await admin.createTopics({ topics: [{ topic: 'source' }] });
  await committed.sendOffsets({ consumerGroupId: 'copier', topics });
  await committed.commit();

  const [source] = await admin.fetchOffsets({ groupId: 'copier', topics: ['source'] });
  expect(source?.partitions[0]?.offset).toBe('7');
  const seen: string[] = [];
  const consumer = kafka.consumer({ groupId: 'reader', maxWaitTimeInMs: 50, sessionTimeout: 6000 });
  await consumer.connect();
  opened.push(consumer);
  await consumer.subscribe({ topic: 'orders', fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      seen.push(String(message.value));
    },
  });
  await vi.waitFor(() => expect(seen).toEqual(['committed']), { timeout: 10_000 });
});
