// kafkajs, not through our adapter but as its users see it: producers, consumer groups, transactions, admin.
import kafkajs, { type Consumer, Kafka, logLevel, type Message } from 'kafkajs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../runtime/testing/until.ts';
import { ascending } from './support/ascending.ts';
import { targets } from './support/targets.ts';

const { CompressionTypes, ConfigResourceTypes } = kafkajs;

const texts = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
const messages = (count: number, prefix: string): Message[] =>
  texts(count, prefix).map((value, n) => ({ key: `key-${n}`, value, headers: { n: String(n) } }));

for (const target of await targets()) {
  describe(`kafkajs on ${target.name}`, () => {
    target.use();
    const client = () =>
      new Kafka({ clientId: 'kafkajs', brokers: target.brokers.split(','), logLevel: logLevel.NOTHING });

    async function opened<C extends { connect(): Promise<void>; disconnect(): Promise<void> }>(one: C): Promise<C> {
      onTestFinished(() => one.disconnect());
      await one.connect();
      return one;
    }

    async function consume(groupId: string, topic: string, seen: string[]): Promise<Consumer> {
      // Its disconnect waits for the open fetch, so that one must be short.
      const timing = { heartbeatInterval: 100, sessionTimeout: 6_000, maxWaitTimeInMs: 100 };
      const consumer = await opened(client().consumer({ groupId, ...timing }));
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        eachMessage: async ({ partition, message }) => {
          seen.push(`${partition}:${message.key}:${message.value}:${message.headers?.n}`);
        },
      });
      return consumer;
    }

    const expected = (count: number, prefix: string) =>
      texts(count, prefix)
        .map((v, n) => `key-${n}:${v}:${n}`)
        .sort(ascending);
    const withoutPartition = (seen: readonly string[]) =>
      seen.map((line) => line.slice(line.indexOf(':') + 1)).sort(ascending);

    test.each([
      ['plain', {}, CompressionTypes.None],
      ['gzip', {}, CompressionTypes.GZIP],
      ['idempotent', { idempotent: true, maxInFlightRequests: 1 }, CompressionTypes.GZIP],
    ] as const)('a producer (%s) and a group', async (_name, settings, compression) => {
      const topic = await target.makeTopic('kafkajs', 3);
      const producer = await opened(client().producer(settings));
      await producer.send({ topic, messages: messages(50, 'value'), compression });
      const seen: string[] = [];
      await consume(target.fresh('kafkajs-group'), topic, seen);
      await until(() => seen.length >= 50, { state: () => seen });
      expect(withoutPartition(seen)).toEqual(expected(50, 'value'));
    });

    test('two members share the partitions, and the next one goes on where they committed', async () => {
      const topic = await target.makeTopic('kafkajs', 6);
      const group = target.fresh('kafkajs-group');
      const producer = await opened(client().producer());
      const seen: string[][] = [[], []];
      const members = await Promise.all(seen.map((own) => consume(group, topic, own)));
      await target.untilMembers(group, 2);
      await producer.send({ topic, messages: messages(200, 'first') });
      await until(() => seen.flat().length >= 200, { state: () => seen.map(({ length }) => length) });
      await Promise.all(members.map((member) => member.disconnect()));
      expect(withoutPartition(seen.flat())).toEqual(expected(200, 'first'));
      expect(seen.map((own) => new Set(own.map((line) => line.split(':')[0])).size)).toEqual([3, 3]);

      await producer.send({ topic, messages: messages(20, 'second') });
      const next: string[] = [];
      await consume(group, topic, next);
      await until(() => next.length >= 20, { state: () => next });
      expect(withoutPartition(next)).toEqual(expected(20, 'second'));
    });

    test('a transaction is read when it is committed, with the offsets it carries, and never when it is aborted', async () => {
      const topic = await target.makeTopic('kafkajs', 1);
      const group = target.fresh('kafkajs-group');
      const transactionalId = target.fresh('kafkajs-tx');
      const settings = { transactionalId, idempotent: true, maxInFlightRequests: 1 };
      const producer = await opened(client().producer(settings));
      const aborted = await producer.transaction();
      await aborted.send({ topic, messages: messages(3, 'aborted') });
      await aborted.abort();
      const committed = await producer.transaction();
      await committed.send({ topic, messages: messages(3, 'committed') });
      const offsets = [{ partition: 0, offset: '4' }]; // 0 to 2 and their marker: the first committed record
      await committed.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions: offsets }] });
      await committed.commit();

      const admin = await opened(client().admin());
      expect(await admin.fetchOffsets({ groupId: group, topics: [topic] })).toMatchObject([
        { topic, partitions: [{ partition: 0, offset: '4' }] },
      ]);
      for (const reader of [group, target.fresh('kafkajs-group')]) {
        const seen: string[] = [];
        const consumer = await consume(reader, topic, seen); // reads committed records only, by default
        await until(() => seen.length >= 3, { state: () => seen });
        expect(withoutPartition(seen)).toEqual(expected(3, 'committed'));
        await consumer.disconnect();
      }
    });

    test('admin makes, describes, changes and deletes topics, groups, offsets and records', async () => {
      const admin = await opened(client().admin());
      const topic = target.fresh('kafkajs-admin');
      const group = target.fresh('kafkajs-group');
      target.owns(topic);
      const configEntries = [{ name: 'retention.ms', value: '600000' }];
      const wanted = { topic, numPartitions: 2, configEntries };
      expect(await admin.createTopics({ waitForLeaders: false, topics: [wanted] })).toBe(true);
      expect(await admin.createTopics({ topics: [{ topic }] })).toBe(false);
      await until(async () => (await admin.listTopics()).includes(topic));
      await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
      await until(async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
        return topics[0]?.partitions.length === 3;
      });

      const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
      const retention = async () => {
        const resources = [{ ...resource, configNames: ['retention.ms'] }];
        const found = await admin.describeConfigs({ resources, includeSynonyms: false });
        return found.resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]);
      };
      expect(await retention()).toEqual([['retention.ms', '600000']]);
      const changed = [{ ...resource, configEntries: [{ name: 'retention.ms', value: '700000' }] }];
      await admin.alterConfigs({ validateOnly: false, resources: changed });
      await until(async () => (await retention())?.[0]?.[1] === '700000');

      const producer = await opened(client().producer());
      await producer.send({ topic, messages: texts(5, 'value').map((value) => ({ value, partition: 0 })) });
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
      const offsets = await admin.fetchTopicOffsets(topic);
      expect(offsets.find(({ partition }) => partition === 0)).toEqual({
        partition: 0,
        offset: '5',
        high: '5',
        low: '2',
      });

      await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '3' }] });
      expect(await admin.fetchOffsets({ groupId: group, topics: [topic] })).toMatchObject([
        { topic, partitions: expect.arrayContaining([expect.objectContaining({ partition: 0, offset: '3' })]) },
      ]);
      expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).toContain(group);
      expect((await admin.describeGroups([group])).groups).toMatchObject([{ groupId: group, state: 'Empty' }]);
      expect(await admin.deleteGroups([group])).toMatchObject([{ groupId: group }]);
      expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).not.toContain(group);

      await admin.deleteTopics({ topics: [topic] });
      await until(async () => !(await admin.listTopics()).includes(topic));
      const cluster = await admin.describeCluster();
      expect(cluster.brokers.map(({ host, port }) => ({ host, port }))).toContainEqual(target.addresses[0]);
    });
  });
}
