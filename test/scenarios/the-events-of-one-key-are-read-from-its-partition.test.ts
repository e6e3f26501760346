// The stream of one aggregate is read from the one partition that its key belongs to: in order, without what other keys
// wrote and without what transactions took back, up to where the topic ended when reading began.
import kafkajs from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { createPublisher, readEvents } from '../../runtime/index.ts';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { targets } from '../peers/support/targets.ts';
import { commandProject } from './support/command-project.ts';

const partitions = 5;

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test('S-109: all events of a key, as lines of JSON and as a table', async (t) => {
      const topic = await target.makeTopic('orders', partitions);
      const kafka = { brokers: target.brokers.split(',') };
      const groups = { billing: { topics: [topic], handlers: './handlers.mjs' } };
      const project = commandProject(t, "'*': () => {}", { kafka, groups });
      const publisher = await createPublisher({ kafka });
      t.onTestFinished(() => publisher.close().then(() => {}));
      for (let version = 1; version <= 20; version++) {
        for (const id of ['order-1', 'order-2', 'order-3', 'order-11']) {
          const type = version === 1 ? 'OrderPlaced' : 'OrderChanged';
          await publisher.publish({ topic, type, aggregateId: id, aggregateVersion: version, data: { version } });
        }
      }
      await publisher.publish({ topic, type: 'OrderPurged', aggregateId: 'order-1', data: null });

      const { exitCode, out } = await project.run('events', 'billing', 'manifest.yaml', '--key', 'order-1', '--json');
      expect(exitCode).toBe(0);
      const events = out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(events.map(({ type, data }) => [type, data?.version])).toEqual([
        ['OrderPlaced', 1],
        ...Array.from({ length: 19 }, (_, i) => ['OrderChanged', i + 2]),
        ['OrderPurged', undefined],
      ]);
      expect(events.every(({ key, partition }) => key === 'order-1' && partition === events[0].partition)).toBe(true);
      expect(events.at(-1)).toMatchObject({ topic, tombstone: true, data: null });
      expect(events[0].headers).toMatchObject({ aggregate_id: 'order-1', aggregate_version: '1' });

      const third = await project.run(
        'events',
        topic,
        'manifest.yaml',
        '--key=order-1',
        '--from',
        events[3].offset,
        '-n',
        '2',
      );
      const [head, ...rows] = third.out.trimEnd().split('\n');
      expect(head).toMatch(/^PLACE +TIME +TYPE +DATA$/);
      expect(rows).toHaveLength(2);
      expect(rows[0]).toContain(`${topic}/${events[3].partition}@${events[3].offset}  `);
      expect(rows[0]!.indexOf('OrderChanged')).toBe(head!.indexOf('TYPE'));

      const nobody = await project.run('events', topic, 'manifest.yaml', '--key', 'order-99');
      expect(nobody).toMatchObject({ exitCode: 0, out: '', err: expect.stringMatching(/no event with key order-99/) });
      const nowhere = await project.run('events', target.fresh('nowhere'), 'manifest.yaml', '--key', 'a');
      expect(nowhere).toMatchObject({ exitCode: 1, err: expect.stringMatching(/does not exist/) });
    });

    test('what a transaction took back is not there, and what comes later is not waited for', async (t) => {
      const topic = await target.makeTopic('orders', 1);
      const kafka = { brokers: target.brokers.split(',') };
      const client = new kafkajs.Kafka({ brokers: kafka.brokers, logLevel: kafkajs.logLevel.NOTHING });
      const producer = client.producer({
        transactionalId: target.fresh('tx'),
        idempotent: true,
        maxInFlightRequests: 1,
      });
      await producer.connect();
      t.onTestFinished(() => producer.disconnect());
      for (const [value, fate] of [
        ['1', 'commit'],
        ['2', 'abort'],
        ['3', 'commit'],
      ] as const) {
        const transaction = await producer.transaction();
        await transaction.send({
          topic,
          messages: [
            { key: 'a', value },
            { key: 'b', value },
          ],
        });
        await transaction[fate]();
      }
      const open = await producer.transaction();
      await open.send({ topic, messages: [{ key: 'a', value: '4' }] });
      const seen: unknown[] = [];
      for await (const { data } of readEvents({ kafka }, { of: topic, key: 'a' })) seen.push(data);
      expect(seen).toEqual([1, 3]);
      await open.abort();
    });
  });
}

test('a composite key lies where its first part does; a key that is everywhere cannot be asked for', async (t) => {
  const rt = await startTestRuntime(t, { topics: { orders: { partitions } }, group: { name: 'other' } });
  const kafka = { brokers: rt.brokers.map(({ host, port }) => `${host}:${port}`) };
  const composite = { kafka, producer: { partitioner: { by: 'composite' } } };
  const publisher = await createPublisher(composite);
  t.onTestFinished(() => publisher.close().then(() => {}));
  const keys = Array.from({ length: 12 }, (_, i) => `tenant-7:order-${i}`);
  for (const key of keys) await publisher.publish({ topic: 'orders', type: 'Placed', key, data: { key } });
  const found: unknown[] = [];
  for (const key of keys) for await (const event of readEvents(composite, { of: 'orders', key })) found.push(event.key);
  expect(found).toEqual(keys);

  const everywhere = { kafka, producer: { partitioner: { by: 'roundRobin' } } };
  await expect(readEvents(everywhere, { of: 'orders', key: 'a' }).next()).rejects.toThrow(/roundRobin puts one key/);
});

test('points and places that make no sense are refused', async (t) => {
  const project = commandProject(t, "'*': () => {}", {});
  const bad = await project.run('events', 'orders', '--key', 'a', '--from', 'yesterday');
  expect(bad).toMatchObject({ exitCode: 1, err: expect.stringMatching(/Want earliest, latest, a time/) });
  const none = await project.run('events', 'orders', '--key', 'a');
  expect(none).toMatchObject({ exitCode: 1, err: expect.stringMatching(/no Kafka is named/) });
  expect(await project.run('events', 'orders')).toMatchObject({ exitCode: 1, err: expect.stringMatching(/--key/) });
  expect((await project.run('events', 'orders', '--key', 'a', '-n', '0')).exitCode).toBe(1);
});
