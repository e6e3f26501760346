// `createPublisher` keeps its promises with both client libraries, on the embedded broker and on Apache Kafka.
// Rows S-02, S-25, S-29, S-31, S-32.
import { describe, expect, onTestFinished, test } from 'vitest';
import type { BrokerAddress } from '../../runtime/core/settings.ts';
import { createPublisher, PartlyPublishedError, type Publisher } from '../../runtime/index.ts';
import { partitionOfKey } from '../../runtime/publisher/murmur2.ts';
import { FaultyFrames, type FrameFault, startFaultyNetwork, until } from '../../runtime/testing/index.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { targets } from '../peers/support/targets.ts';

const partitions = 3;

for (const target of await targets()) {
  describe.each(['kafkajs', 'platformatic'])(`${target.name}, %s`, (client) => {
    target.use();

    async function publisherAt(brokers: readonly BrokerAddress[], producer: object = {}): Promise<Publisher> {
      const kafka = { client, brokers: brokers.map(({ host, port }) => `${host}:${port}`) };
      const publisher = await createPublisher({ kafka, producer: { ...producer } }, { env: {} });
      onTestFinished(() => publisher.close({ timeoutMs: 1_000 }));
      return publisher;
    }

    function reader(): TestKafka {
      const kafka = new TestKafka(target.addresses);
      onTestFinished(() => kafka.close());
      return kafka;
    }

    test('events are written with their envelope, where their key belongs, at their time', async () => {
      const topic = await target.makeTopic('published', partitions);
      const publisher = await publisherAt(target.addresses);
      const at = new Date('2026-01-02T03:04:05Z');
      const event = { topic, type: 'OrderPlaced', data: { total: 1 } };
      const places = await publisher.publish([
        { ...event, aggregateId: 'order-1', aggregateType: 'Order', timestamp: at },
        { ...event, key: 'order-1', partition: 2 },
        { ...event, key: null, data: null },
      ]);
      expect(places[0]).toEqual({ topic, partition: partitionOfKey(Buffer.from('order-1'), partitions), offset: 0n });
      expect(places[1]).toMatchObject({ topic, partition: 2 });
      const stored = await reader().read(topic);
      const first = stored.find(({ timestamp }) => timestamp === at.getTime())!;
      expect(String(first.key)).toBe('order-1');
      expect(JSON.parse(String(first.value))).toMatchObject({ event_type: 'OrderPlaced', total: 1 });
      expect(first.headers.map(([name]) => name)).toEqual([
        'event_id',
        'event_type',
        'aggregate_id',
        'aggregate_type',
        'aggregate_version',
        'occurred_at',
        'correlation_id',
      ]);
      expect(stored.filter(({ key, value }) => key === null && value === null)).toHaveLength(1);
    });

    test('an event that is too large for its topic fails alone, and those of its call are written', async () => {
      const topic = await target.makeTopic('published', 1);
      const publisher = await publisherAt(target.addresses, { compression: 'none', batchBytes: '8MiB' });
      const event = (text: string) => ({ topic, type: 'T', key: 'k', data: { text } });
      const failure = await publisher
        .publish([event('a'), event('x'.repeat(2_000_000)), event('b')])
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(PartlyPublishedError);
      expect((failure as PartlyPublishedError).deliveries).toMatchObject([
        { kind: 'written', topic, partition: 0, offset: 0n },
        { kind: 'failed', error: { code: 'RT_KAFKA_REFUSED', kafkaError: { name: 'MESSAGE_TOO_LARGE' } } },
        { kind: 'written', topic, partition: 0, offset: 1n },
      ]);
    });

    test('a topic that is not there fails by name, with what to do', async () => {
      const publisher = await publisherAt(target.addresses, { maxBlock: '100ms' });
      await expect(publisher.publish({ topic: target.fresh('missing'), type: 'T', data: {} })).rejects.toMatchObject({
        code: 'RT_KAFKA_TIMEOUT',
        message: expect.stringContaining('create the topic, or correct its name') as unknown,
      });
    });

    test('answers are lost and connections cut under load: nothing is lost, doubled or out of order', async () => {
      const topic = await target.makeTopic('published', partitions);
      const frames = new FaultyFrames({ advertise: () => network.address });
      const network = await startFaultyNetwork(() => target.addresses[0]!, { tap: frames.tap });
      onTestFinished(() => network.close());
      const publisher = await publisherAt([network.address], { batchRecords: 5, retries: 20 });
      const pass: readonly FrameFault[] = Array(4).fill({ kind: 'pass' });
      frames.next('Produce', ...pass, { kind: 'loseAnswer' }, ...pass, { kind: 'loseRequest' });
      frames.next('Produce', ...pass, { kind: 'loseAnswer' }, ...pass, { kind: 'loseAnswer' });
      const count = 600;
      const sent: Promise<unknown>[] = [];
      for (let i = 0; i < count; i++) {
        sent.push(publisher.publish({ topic, type: 'T', key: `k${i % 7}`, data: { i } }));
        if (i === 300) network.cut();
        if (i % 50 === 0) await until(() => publisher.bufferedBytes < 20_000);
      }
      await Promise.all(sent);
      expect(frames.struck).toBeGreaterThanOrEqual(2);
      const stored = (await reader().read(topic)).map(({ key, value }) => ({
        key: String(key),
        i: (JSON.parse(String(value)) as { readonly i: number }).i,
      }));
      for (let k = 0; k < 7; k++) {
        const expected = Array.from({ length: count }, (_, i) => i).filter((i) => i % 7 === k);
        expect(stored.filter(({ key }) => key === `k${k}`).map(({ i }) => i)).toEqual(expected);
      }
    });

    test('close ends lingering, writes what is left and takes nothing more', async () => {
      const topic = await target.makeTopic('published', partitions);
      const publisher = await publisherAt(target.addresses, { linger: '60s' });
      const events = Array.from({ length: 100 }, (_, i) => ({ topic, type: 'T', key: String(i), data: { i } }));
      const sent = publisher.deliver(events);
      await publisher.close();
      expect((await sent).filter(({ kind }) => kind === 'written')).toHaveLength(100);
      expect(await publisher.deliver(events.slice(0, 1))).toMatchObject([
        { kind: 'failed', error: { code: 'RT_KAFKA_CONNECTION' } },
      ]);
      expect(await reader().read(topic)).toHaveLength(100);
    });
  });
}
