// The embedded broker seen through a client that we did not write.
import { type Consumer, Kafka, logLevel } from 'kafkajs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Broker, createBroker } from '../../../runtime/broker/broker.ts';
import { systemClock } from '../../../runtime/core/clock.ts';
import { seededRandom } from '../../../runtime/core/random.ts';

let broker: Broker;
let kafka: Kafka;
const opened: { disconnect(): Promise<void> }[] = [];

beforeEach(async () => {
  broker = await createBroker({ clock: systemClock, random: seededRandom(1) });
  kafka = new Kafka({
    brokers: [`127.0.0.1:${broker.address.port}`],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20, retries: 5 },
  });
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.disconnect()));
  await broker.close();
});

async function makeTopic(topic: string, numPartitions: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  opened.push(admin);
  expect(await admin.createTopics({ topics: [{ topic, numPartitions }] })).toBe(true);
}

async function produce(topic: string, values: readonly string[], idempotent = false): Promise<void> {
  const producer = kafka.producer({ idempotent, ...(idempotent && { maxInFlightRequests: 1 }) });
  await producer.connect();
  opened.push(producer);
  await producer.send({ topic, messages: values.map((value) => ({ key: `key-${value}`, value })) });
}

async function consume(groupId: string, topic: string, seen: string[]): Promise<Consumer> {
  // A consumer that is told to disconnect first waits for its last fetch.
  const waits = { maxWaitTimeInMs: 50, heartbeatInterval: 50, rebalanceTimeout: 6000 };
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6000, ...waits });
  await consumer.connect();
  opened.push(consumer);
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommitInterval: 50,
    eachMessage: async ({ partition, message }) => {
      seen.push(`${partition}:${message.value}`);
    },
  });
  return consumer;
}

const values = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

test('a topic can be made, described and deleted', async () => {
  await makeTopic('orders', 3);
  const admin = kafka.admin();
  await admin.connect();
  opened.push(admin);
  const { topics } = await admin.fetchTopicMetadata({ topics: ['orders'] });
  expect(topics[0]?.partitions.map((p) => [p.partitionId, p.leader])).toEqual([
    [0, 1],
    [1, 1],
    [2, 1],
  ]);
  expect(await admin.createTopics({ topics: [{ topic: 'orders' }] })).toBe(false);
});

test('what was produced is consumed once by a group', async () => {
  await makeTopic('orders', 3);
  await produce('orders', values(100, 'a'));
  const seen: string[] = [];
  await consume('billing', 'orders', seen);
  await vi.waitFor(() => expect(seen).toHaveLength(100), { timeout: 10_000 });
  expect(new Set(seen.map((s) => s.split(':')[1]))).toEqual(new Set(values(100, 'a')));
});

test('an idempotent producer is accepted', async () => {
  await makeTopic('orders', 1);
  await produce('orders', values(10, 'i'), true);
  const seen: string[] = [];
  await consume('billing', 'orders', seen);
  await vi.waitFor(() => expect(seen).toEqual(values(10, 'i').map((v) => `0:${v}`)), { timeout: 10_000 });
});

test('a group goes on where it committed', async () => {
  await makeTopic('orders', 1);
  await produce('orders', values(20, 'a'));
  const first: string[] = [];
  const consumer = await consume('billing', 'orders', first);
  await vi.waitFor(() => expect(first).toHaveLength(20), { timeout: 10_000 });
  await consumer.disconnect();
  await produce('orders', values(5, 'b'));
  const second: string[] = [];
  await consume('billing', 'orders', second);
  await vi.waitFor(() => expect(second).toEqual(values(5, 'b').map((v) => `0:${v}`)), { timeout: 10_000 });
});

test('a second member takes over a part of the partitions', async () => {
  await makeTopic('orders', 4);
  const first: string[] = [];
  const second: string[] = [];
  await consume('billing', 'orders', first);
  await consume('billing', 'orders', second);
  await vi.waitFor(
    async () => {
      await produce('orders', values(40, 'm'));
      expect(first.length).toBeGreaterThan(0);
      expect(second.length).toBeGreaterThan(0);
    },
    { timeout: 15_000 },
  );
});
