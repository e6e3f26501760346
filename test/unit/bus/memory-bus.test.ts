// What is only so in memory, and what the suite of both buses (`test/conformance/event-bus.test.ts`) does not ask.
import { expect, onTestFinished, test } from 'vitest';
import {
  createMemoryBus,
  type EventBus,
  type MemoryBusOptions,
  NonRetryableError,
  PartlyPublishedError,
} from '../../../runtime/index.ts';
import { partitionOfKey } from '../../../runtime/publisher/murmur2.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { until } from '../../../runtime/testing/until.ts';

async function memoryBus(group: object = {}, options: Partial<MemoryBusOptions> = {}): Promise<EventBus> {
  const { manifest, ...rest } = options;
  const sections = { ...(manifest as object | undefined), groups: { orders: { topics: ['orders'], ...group } } };
  const bus = await createMemoryBus({ group: 'orders', logs: false, env: {}, ...rest, manifest: sections });
  onTestFinished(async () => void (await bus.stop()));
  return bus;
}

test('a key stays in its partition, as on Kafka, and what has no key is spread', async () => {
  const bus = await memoryBus({}, { partitions: 10 });
  const event = { type: 'T', data: {} };
  const places = await bus.publish([
    { ...event, key: 'order-1' },
    { ...event, aggregateId: 'order-1' },
    { ...event, key: null },
    { ...event, key: null },
    { ...event, key: 'order-1', partition: 9 },
  ]);
  const own = partitionOfKey(Buffer.from('order-1'), 10);
  expect(places.map(({ partition }) => partition)).toEqual([own, own, 0, 1, 9]);
});

test('of several events one may fail, and says so', async () => {
  const bus = await memoryBus({}, { manifest: { producer: { partitioner: { keyRequired: true } } } });
  const failure = await bus
    .publish([
      { type: 'T', key: 'k', data: {} },
      { type: 'T', data: {} },
      { type: 'T', key: 'k', data: {} },
    ])
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(PartlyPublishedError);
  expect((failure as PartlyPublishedError).deliveries).toMatchObject([
    { kind: 'written', offset: 0n },
    { kind: 'failed', error: { code: 'RT_PUBLISH_INVALID' } },
    { kind: 'written', offset: 1n },
  ]);
});

test('retries wait for the clock that the test has in its hand', async () => {
  const clock = new ManualClock();
  const bus = await memoryBus({ retry: { maxRetries: 1, baseDelay: '10m', maxDelay: '10m', jitter: 0 } }, { clock });
  const attempts: number[] = [];
  bus.subscribe('T', (_, { attempt }) => {
    attempts.push(attempt);
    if (attempt === 1) throw new Error('no');
  });
  const started = bus.start();
  await until(() => clock.advance(1).then(() => bus.health().consuming));
  await started;
  await bus.publish({ type: 'T', data: {} });
  await until(() => clock.advance(1).then(() => attempts.length === 1));
  await clock.advance(9 * 60_000);
  expect(attempts).toEqual([1]);
  await clock.advance(60_000);
  await until(() => clock.advance(1).then(() => attempts.length === 2));
});

test('schemas are checked, as on Kafka: what is invalid is not published, what is unknown is passed over', async () => {
  const schemas = { events: { Placed: './test/fixtures/schemas/order-placed.schema.json' }, unknownType: 'skip' };
  const bus = await memoryBus({}, { manifest: { schemas } });
  const seen: string[] = [];
  bus.subscribeAll(({ type }) => void seen.push(type));
  await bus.start();
  await bus.publish({ type: 'Foreign', data: {} });
  await expect(bus.publish({ type: 'Placed', data: { total: -1 } })).rejects.toThrow(
    /total: must be >= 0, found number -1/,
  );
  await bus.publish({ type: 'Placed', data: { total: 1 } });
  await until(() => seen.length === 1);
  expect(seen).toEqual(['Placed']);
});

test.each([
  ['latest', 'new only', [2, 3]],
  ['earliest', 'everything', [1, 2, 3]],
])('from: %s reads %s at the first start', async (from, _, expected) => {
  const bus = await memoryBus({ from });
  const seen: number[] = [];
  bus.subscribe<{ n: number }>('T', ({ data }) => void seen.push(data.n));
  const publish = (n: number) => bus.publish({ type: 'T', key: 'k', data: { n } });
  await publish(1);
  await bus.start();
  await bus.stop();
  await publish(2);
  await bus.start();
  await publish(3);
  await until(() => seen.includes(3));
  expect(seen).toEqual(expected);
});

test('from: fail says what to do, at start', async () => {
  const bus = await memoryBus({ from: 'fail' });
  bus.subscribeAll(() => {});
  await expect(bus.start()).rejects.toMatchObject({ code: 'RT_OFFSET_MISSING' });
  expect(bus.health()).toMatchObject({ status: 'unhealthy', consuming: false });
});

test('a second bus of a group on the same topics is refused, until the first one has stopped', async () => {
  const first = await memoryBus();
  const second = await memoryBus({}, { beside: first });
  for (const bus of [first, second]) bus.subscribeAll(() => {});
  await first.start();
  await expect(second.start()).rejects.toThrow(/a bus of group orders is running on this memory already/);
  await first.stop();
  await second.start();
  expect(second.health().consuming).toBe(true);
});

test('mistakes are told: partitions, beside', async () => {
  await expect(memoryBus({}, { partitions: 0 })).rejects.toThrow(/partitions: expected a whole number from 1, got 0/);
  await expect(memoryBus({}, { beside: {} as EventBus })).rejects.toThrow(/a bus that createMemoryBus has made/);
});

test('a bus that reads several topics wants to know where an event goes', async () => {
  const bus = await memoryBus({ topics: ['a', 'b'] });
  await expect(bus.publish({ type: 'T', data: {} })).rejects.toThrow(
    /group orders reads a, b: say which topic T goes to/,
  );
  expect(await bus.publish({ topic: 'b', type: 'T', data: {} })).toEqual([{ topic: 'b', partition: 0, offset: 0n }]);
  await expect(bus.deadLetters.replay({ partition: 0, offset: 0n })).rejects.toThrow(
    /needs its topic; .* a.dlq, b.dlq/,
  );
});

test('dead letters of several topics are one list, in the order of their times, as long as the limit', async () => {
  const clock = new ManualClock();
  const bus = await memoryBus({ topics: ['a', 'b'] }, { clock });
  bus.subscribeAll(() => {
    throw new NonRetryableError('no');
  });
  const started = bus.start();
  await until(() => clock.advance(1).then(() => bus.health().consuming));
  await started;
  for (const [index, topic] of ['a', 'b', 'a'].entries()) {
    await bus.publish({ topic, type: `T${index}`, data: {} });
    await until(() => clock.advance(1).then(() => bus.stats().messages_sent_to_dlq === index + 1));
  }
  const types = async (options: object) => (await bus.deadLetters.list(options)).map(({ eventType }) => eventType);
  expect(await types({})).toEqual(['T2', 'T1', 'T0']);
  expect(await types({ limit: 2 })).toEqual(['T2', 'T1']);
  expect(await types({ order: 'oldest', limit: 2 })).toEqual(['T0', 'T1']);
  expect(await bus.deadLetters.count()).toBe(3);
  expect(await bus.deadLetters.replay({ topic: 'b.dlq', partition: 0, offset: 0n })).toMatchObject({ topic: 'b' });
});
