// `createPublisher` as programs use it; with both libraries and on Apache Kafka: `test/conformance/publisher.test.ts`.
// Rows S-02, S-33.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createPublisher, EventHub, type Publisher, type RuntimeEvents } from '../../../runtime/index.ts';
import { setup } from './support.ts';

async function onBroker(producer: object = {}) {
  const made = await setup();
  const { host, port } = made.broker.address;
  const env = { KAFKA_BROKERS: `${host}:${port}` };
  const publisher = await createPublisher({ producer: { ...producer } }, { env });
  onTestFinished(() => publisher.close({ timeoutMs: 0 }));
  return { ...made, publisher, env };
}

const event = { topic: 'orders', type: 'OrderPlaced', key: 'k', data: { total: 1 } };

test('without a Kafka it refuses, and says what to do', async () => {
  await expect(createPublisher({}, { env: {} })).rejects.toMatchObject({
    code: 'RT_USAGE',
    message: expect.stringContaining('set kafka.brokers or KAFKA_BROKERS') as unknown,
  });
});

test('mistakes in the settings are told before anything connects', async () => {
  const settings = { kafka: { brokers: 'a:1' }, producer: { acks: 1 } };
  await expect(createPublisher(settings, { env: {} })).rejects.toMatchObject({ code: 'RT_MANIFEST_INVALID' });
});

test('a manifest says how, and its groups are not run', async () => {
  const { env, values } = await onBroker();
  const folder = mkdtempSync(join(tmpdir(), 'create-publisher-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const groups = 'groups: { g: { topics: [orders], handlers: ./not-on-this-machine.ts } }';
  writeFileSync(join(folder, 'm.yaml'), `producer: { partitioner: { by: roundRobin } }\n${groups}\n`);
  const publisher = await createPublisher('m.yaml', { env, cwd: folder });
  onTestFinished(() => publisher.close());
  const places = await publisher.publish([event, event, event]);
  expect(places.map(({ partition }) => partition)).toEqual([1, 2, 0]);
  expect(await values()).toHaveLength(3);
});

test('an event that cannot be written throws, and nothing of its call is sent', async () => {
  const { publisher, values } = await onBroker();
  await expect(publisher.publish([event, { ...event, topic: '' }])).rejects.toThrow(/publish: topic: expected/);
  await publisher.flush();
  expect(await values()).toEqual([]);
});

test('calls that are not awaited keep their order, and flush waits for them', async () => {
  const { publisher, values } = await onBroker({ linger: '60s' });
  const sent = [1, 2, 3].map((total) => publisher.publish({ ...event, data: { total } }));
  await publisher.flush();
  expect((await values()).map((value) => (JSON.parse(value) as { readonly total: number }).total)).toEqual([1, 2, 3]);
  await Promise.all(sent);
  expect(publisher.bufferedBytes).toBe(0);
});

test('S-31: in the background a publish resolves when there was room, and flush waits for it', async () => {
  const { publisher, values } = await onBroker({ linger: '60s' });
  expect(await publisher.publish([event, event], { background: true })).toEqual([]);
  expect(publisher.bufferedBytes).toBeGreaterThan(0);
  const large = { ...event, data: { total: 'x'.repeat(60 * 1024 * 1024) } };
  await expect(publisher.publish(large, { background: true })).rejects.toMatchObject({ name: 'PublishError' });
  await publisher.flush();
  expect(await values()).toHaveLength(2);
});

test('close gives Kafka its time, then tells what is left', async () => {
  const { broker, publisher } = await onBroker();
  await publisher.publish(event);
  await broker.stop();
  const left = publisher.deliver([event, event]);
  await publisher.close({ timeoutMs: 100 });
  const failed = { kind: 'failed', error: { code: 'RT_KAFKA_CONNECTION', retryable: false } };
  expect(await left).toMatchObject([failed, failed]);
  await broker.restart();
  await expect(publisher.publish(event)).rejects.toMatchObject(failed.error);
  await publisher.close();
});

test.each([
  ['one event: its own error', (publisher: Publisher) => publisher.publish({ ...event, partition: 9 }), 'PublishError'],
  [
    'several: what became of each',
    (p: Publisher) => p.publish([event, { ...event, partition: 9 }]),
    'PartlyPublishedError',
  ],
])('a failed publish of %s', async (_, publish, name) => {
  const { publisher } = await onBroker();
  await expect(publish(publisher)).rejects.toMatchObject({ name });
});

test('what happens can be heard: written, failed', async () => {
  const { env } = await onBroker();
  const events = new EventHub();
  const heard: unknown[] = [];
  events.listen((name, told) => {
    const { topic, records } = told as RuntimeEvents['records.published'];
    heard.push([name, topic, records]);
  });
  const publisher = await createPublisher({ producer: { maxBlock: '50ms' } }, { env, events });
  onTestFinished(() => publisher.close());
  await publisher.publish([event, event]);
  await publisher.deliver([{ ...event, topic: 'nowhere' }]);
  expect(heard).toEqual([
    ['records.published', 'orders', 2],
    ['publish.failed', 'nowhere', 1],
  ]);
});

test('an event that is not what its schema says is not written, nor what came with it', async () => {
  const { env, values } = await onBroker();
  const schemas = { events: { OrderPlaced: './test/fixtures/schemas/order-placed.schema.json' } };
  const publisher = await createPublisher({ schemas }, { env });
  onTestFinished(() => publisher.close());
  await expect(publisher.publish([event, { ...event, data: { total: -1 } }])).rejects.toMatchObject({
    code: 'RT_PUBLISH_SCHEMA',
    message: expect.stringMatching(
      /is no OrderPlaced: \/total: must be >= 0, found number -1 .*order-placed.schema.json/,
    ) as unknown,
  });
  await publisher.publish(event);
  expect(await values()).toHaveLength(1);
});
