// The consumer reads, shares, commits and resumes on the embedded broker as it does on Apache Kafka, with either client
// and in groups of either protocol.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBroker } from '../../runtime/broker/broker.ts';
import { systemClock } from '../../runtime/core/clock.ts';
import { seededRandom } from '../../runtime/core/random.ts';
import type { RecordSet } from '../../runtime/core/record-set.ts';
import type { BrokerAddress } from '../../runtime/core/settings.ts';
import { createKafkajsClient } from '../../runtime/kafka/kafkajs/client.ts';
import { loadPlatformaticClient } from '../../runtime/kafka/platformatic/client.ts';
import { readBatchHeader } from '../../runtime/protocol/records/batch-header.ts';
import { decodeBatch } from '../../runtime/protocol/records/record-batch.ts';
import { realKafka } from '../real/support/real-kafka.ts';
import { eventually } from '../unit/consumer/support/eventually.ts';
import { groupSettings } from '../unit/consumer/support/group-settings.ts';
import { type Member, startMember } from '../unit/consumer/support/member.ts';
import { type TestTopics, testTopics } from '../unit/consumer/support/topics.ts';

const kafka = await realKafka();

const protocols = ['classic', 'consumer'] as const;
const clients = { kafkajs: createKafkajsClient, '@platformatic/kafka': await loadPlatformaticClient() };

consumerConformance('embedded broker', () => createBroker({ clock: systemClock, random: seededRandom(3) }));
if (!kafka.missing) {
  const [host, port] = kafka.brokers.split(',')[0]!.split(':');
  const address = { host: host!, port: Number(port) };
  consumerConformance('Apache Kafka', async () => ({ address, close: async () => {} }));
}

function consumerConformance(
  name: string,
  start: () => Promise<{ readonly address: BrokerAddress; close(): Promise<void> }>,
): void {
  const variants = Object.entries(clients).flatMap(([library, createClient]) =>
    protocols.map((protocol) => ({ library, createClient, protocol })),
  );
  describe.each(variants)(`consumer: $library, $protocol, ${name}`, ({ createClient, protocol }) => {
    let broker: { readonly address: BrokerAddress; close(): Promise<void> };
    let topics: TestTopics;

    beforeAll(async () => {
      broker = await start();
      topics = testTopics(broker.address);
    });
    afterAll(async () => {
      await topics[Symbol.asyncDispose]();
      await broker.close();
    });

    const unique = (): string => `consumer-${crypto.randomUUID()}`;
    const member = (group: string, topic: string): Member =>
      startMember(broker.address, groupSettings(group, [topic], { protocol }), undefined, createClient);

    test('two members share six partitions, one leaves, nothing is read twice', async () => {
      const [topic, group] = [unique(), unique()];
      await topics.create(topic, 6);
      const writeAll = async (): Promise<void> => {
        for (let partition = 0; partition < 6; partition++) await topics.write(topic, partition, 4);
      };
      await writeAll();
      await using first = member(group, topic);
      await eventually(() => received(first)).toBe(24);
      await using second = member(group, topic);
      await eventually(() => [first.owned.size, second.owned.size]).toEqual([3, 3]);
      await writeAll();
      await eventually(() => received(first) + received(second)).toBe(48);
      await second.leave();
      await eventually(() => first.owned.size).toBe(6);
      await writeAll();
      await eventually(() => received(first) + received(second)).toBe(72);
      await first.leave();
      for (let partition = 0; partition < 6; partition++) {
        expect(await topics.committed(group, topic, partition)).toBe(12);
      }
    });

    test('records of aborted transactions are not seen, and the position moves past them', async () => {
      const [topic, group] = [unique(), unique()];
      await topics.create(topic, 1);
      await topics.transact(topic, 'abort', 'a1', 'a2');
      await topics.transact(topic, 'commit', 'b1', 'b2');
      await topics.write(topic, 0, 1);
      await topics.transact(topic, 'abort', 'c1');
      await topics.transact(topic, 'commit', 'd1');
      await topics.transact(topic, 'abort', 'e1');
      await using reader = member(group, topic);
      await eventually(() => reader.owned.get(`${topic}/0`)?.offset).toBe(13);
      expect(reader.sets.flatMap(values)).toEqual(['b1', 'b2', 'v0', 'd1']);
      await reader.leave();
      expect(await topics.committed(group, topic, 0)).toBe(13);
    });

    test('a position that does not exist is replaced by `from`', async () => {
      const [topic, group] = [unique(), unique()];
      await topics.create(topic, 1);
      await topics.write(topic, 0, 3);
      await using reader = member(group, topic);
      await eventually(() => received(reader)).toBe(3);
      reader.consumer.reopen({ topic, partition: 0 }, 1000);
      await eventually(() => received(reader)).toBe(6);
    });
  });
}

const received = (member: Member): number => member.sets.reduce((sum, set) => sum + set.recordCount, 0);

function values(set: RecordSet): readonly string[] {
  const bytes = Buffer.from(set.bytes);
  const found: string[] = [];
  for (let at = 0; ; ) {
    const header = readBatchHeader(bytes, at);
    if (header === null) return found;
    const batch = decodeBatch(bytes, at, header, 1024 * 1024);
    for (let i = 0; i < batch.count; i++) found.push(String(batch.valueAt(i)));
    at += header.length;
  }
}
