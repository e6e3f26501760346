// On the embedded broker: a real connection, real batches, and faults where a test asks for them.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Broker, createBroker } from '../../../runtime/broker/broker.ts';
import { systemClock } from '../../../runtime/core/clock.ts';
import { EventHub } from '../../../runtime/core/events.ts';
import { systemRandom } from '../../../runtime/core/random.ts';
import type { OutboundRecord, RawHeader } from '../../../runtime/core/thread-messages.ts';
import { kafkaErrors } from '../../../runtime/protocol/error-codes.ts';
import { createProducer, type Producer, type ProducerOptions } from '../../../runtime/publisher/producer.ts';
import { producerSettings } from '../../../runtime/testing/producer-settings.ts';
import { TestKafka } from '../../../runtime/testing/test-kafka.ts';
import { until } from '../../../runtime/testing/until.ts';

let broker: Broker;
let kafka: TestKafka;
let producers: Producer[];
let events: string[];

beforeEach(async () => {
  broker = await createBroker({ clock: systemClock, random: systemRandom });
  kafka = new TestKafka([broker.address]);
  await kafka.createTopics({ orders: { partitions: 3 } });
  producers = [];
  events = [];
});

afterEach(async () => {
  for (const producer of producers) producer.close();
  await kafka.close();
  await broker.close();
});

function producer(part: Partial<ProducerOptions> = {}): Producer {
  const hub = new EventHub();
  hub.listen((name) => events.push(name));
  const made = createProducer({
    client: kafka.client,
    cluster: kafka.cluster,
    settings: producerSettings({ compression: 'none' }),
    requestTimeoutMs: 30_000,
    clock: systemClock,
    random: systemRandom,
    emit: hub.emit,
    ...part,
  });
  producers.push(made);
  return made;
}

function record(key: string | null, value: string, headers: readonly RawHeader[] = []): OutboundRecord {
  return { topic: 'orders', key: key === null ? null : Buffer.from(key), value: Buffer.from(value), headers };
}

async function values(): Promise<readonly string[]> {
  return (await kafka.read('orders')).map(({ value }) => String(value));
}

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
  'with %s a record arrives as it was sent',
  async (codec) => {
    const headers: readonly RawHeader[] = [
      ['b', Buffer.from('1')],
      ['a', null],
      ['b', Buffer.from([0xff, 0])],
      ['empty', Buffer.alloc(0)],
    ];
    const sent = { ...record('order-1', 'x', headers), partition: 1, timestamp: 1_700_000_000_000 };
    const settings = producerSettings({ compression: codec });
    expect(await producer({ settings }).send([sent])).toEqual([{ topic: 'orders', partition: 1, offset: 0 }]);
    const [stored] = await kafka.read('orders');
    expect(stored).toMatchObject({ partition: 1, offset: 0, timestamp: 1_700_000_000_000 });
    expect(Buffer.from(stored?.key ?? []).toString()).toBe('order-1');
    const plain = (list: readonly RawHeader[] = []) =>
      list.map(([name, value]) => [name, value === null ? null : [...value]]);
    expect(plain(stored?.headers)).toEqual(plain(headers));
  },
);

test('null key and null value stay null', async () => {
  await producer().send([{ topic: 'orders', key: null, value: null, headers: [] }]);
  expect((await kafka.read('orders')).map(({ key, value }) => [key, value])).toEqual([[null, null]]);
});

test('records of one key keep their order, and what is sent together travels together', async () => {
  const sender = producer();
  const calls = Array.from({ length: 500 }, (_, i) => sender.send([record('k', String(i))]));
  const places = (await Promise.all(calls)).flat();
  expect(places.map(({ offset }) => offset)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  expect(await values()).toEqual(Array.from({ length: 500 }, (_, i) => String(i)));
  expect(broker.control.served('Produce')).toBeLessThan(10);
});

test('more than fits a batch goes in several', async () => {
  const value = 'v'.repeat(300_000);
  const settings = producerSettings({ compression: 'none', batchBytes: 1_000_000 });
  const places = await producer({ settings }).send(Array.from({ length: 10 }, () => record('k', value)));
  expect(places.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(broker.control.served('Produce')).toBe(4);
});

test('a partition whose leader has moved is tried again, in order', async () => {
  broker.control.next('Produce', { kind: 'error', code: kafkaErrors.NOT_LEADER_OR_FOLLOWER });
  const sender = producer();
  await Promise.all([sender.send([record('k', '1')]), sender.send([record('k', '2')])]);
  await sender.send([record('k', '3')]);
  expect(await values()).toEqual(['1', '2', '3']);
});

test('a batch whose answer was lost is written once', async () => {
  const sender = producer();
  await sender.send([record('k', '1')]);
  broker.control.next('Produce', { kind: 'loseAnswer' });
  expect(await sender.send([record('k', '2')])).toEqual([
    { topic: 'orders', partition: expect.any(Number), offset: 1 },
  ]);
  await sender.send([record('k', '3')]);
  expect(await values()).toEqual(['1', '2', '3']);
});

test('when the broker has lost count of the sequence, the batch goes under a new producer id', async () => {
  const sender = producer();
  await sender.send([record('k', '1')]);
  const ids = broker.control.served('InitProducerId');
  broker.control.next('Produce', { kind: 'error', code: kafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER });
  await sender.send([record('k', '2')]);
  await sender.send([record('other', '3')]);
  expect(broker.control.served('InitProducerId')).toBe(ids + 1);
  expect([...(await values())].sort()).toEqual(['1', '2', '3']);
});

test('a batch that is too large is split until it fits', async () => {
  const tooLarge = { kind: 'error', code: kafkaErrors.MESSAGE_TOO_LARGE } as const;
  broker.control.next('Produce', tooLarge, tooLarge);
  const sender = producer();
  await sender.send(Array.from({ length: 8 }, (_, i) => record('k', String(i))));
  expect(await values()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  expect(broker.control.served('Produce')).toBe(2 + 3); // eight and four of them were refused; two, two and four were not
});

test('a record that is too large alone is refused, and those beside it are written', async () => {
  const sender = producer();
  const large = sender.send([record('k', 'x'.repeat(2_000_000))]);
  const small = sender.send([record('k', 'small')]);
  await expect(large).rejects.toMatchObject({ code: 'RT_KAFKA_REFUSED', kafkaError: { code: 10 } });
  await small;
  expect(await values()).toEqual(['small']);
  expect(events).toEqual(['publish.failed', 'records.published']);
});

test('a refusal that no retry can change is told at once, as data by `publish`', async () => {
  broker.control.next('Produce', { kind: 'error', code: kafkaErrors.TOPIC_AUTHORIZATION_FAILED });
  expect(await producer().publish([record('k', '1')])).toMatchObject({
    kind: 'failed',
    places: [null],
    failures: [{ index: 0, error: { name: 'KafkaError', message: expect.stringContaining('allow WRITE') as unknown } }],
  });
});

test('in the background it is done as soon as there is room, and a later failure is still told', async () => {
  const settings = producerSettings({ compression: 'none', bufferBytes: 65_536, maxBlockMs: 50 });
  const sender = producer({ settings, deliveryTimeoutMs: 300 });
  await sender.send([record('k', '1')]);
  await broker.stop();
  const background = { background: true };
  expect(await sender.publish([record('k', 'x'.repeat(60_000))], background)).toEqual({ kind: 'ok', places: [] });
  expect(await sender.publish([record('k', 'a'), record('k', 'y'.repeat(60_000))], background)).toMatchObject({
    kind: 'failed',
    failures: [{ index: 1, error: { code: 'RT_PUBLISH_BUFFER_FULL' } }],
  });
  await sender.flush();
  expect(events).toEqual(['records.published', 'publish.failed', 'publish.failed']);
  await broker.restart();
});

test('a broker that is away for a while costs nothing but time', async () => {
  const sender = producer();
  await sender.send([record('k', '1')]);
  await broker.stop();
  const late = sender.send([record('k', '2')]);
  await broker.restart();
  await late;
  expect(await values()).toEqual(['1', '2']);
});

test('records for a topic that is not there wait until it is, in the order of sending', async () => {
  const sender = producer();
  const later = (value: string): Promise<unknown> => sender.send([{ ...record('k', value), topic: 'later' }]);
  const sent = Promise.all([later('1'), later('2')]);
  await until(() => broker.control.served('Metadata') > 1);
  await kafka.createTopics({ later: {} });
  await Promise.all([sent, later('3')]);
  expect((await kafka.read('later')).map(({ value }) => String(value))).toEqual(['1', '2', '3']);
});

test('a record that cannot be written in time is given up, with what Kafka says about its topic', async () => {
  const sender = producer({ deliveryTimeoutMs: 200 });
  await expect(sender.send([{ ...record('k', '1'), topic: 'missing' }])).rejects.toMatchObject({
    code: 'RT_KAFKA_TIMEOUT',
    message: expect.stringContaining('UNKNOWN_TOPIC_OR_PARTITION') as unknown,
  });
  await sender.flush();
});

test('beyond the buffer `send` waits for room', async () => {
  const sender = producer({ settings: producerSettings({ compression: 'none', bufferBytes: 1_000 }) });
  broker.control.next('Produce', { kind: 'delay', ms: 50 });
  const done: number[] = [];
  const calls = [1, 2, 3].map((i) => sender.send([record('k', 'x'.repeat(600))]).then(() => done.push(i)));
  await Promise.all(calls);
  expect(done).toEqual([1, 2, 3]);
  expect(broker.control.served('Produce')).toBe(3); // never two of them in one batch
});

test.each([0, 1] as const)('acks %i, not idempotent', async (acks) => {
  const sender = producer({ settings: producerSettings({ acks, compression: 'none', idempotent: false }) });
  const ids = broker.control.served('InitProducerId');
  const [place] = await sender.send([record('k', '1')]);
  expect(place?.offset).toBe(acks === 0 ? -1 : 0);
  await until(async () => (await values()).length === 1);
  expect(broker.control.served('InitProducerId')).toBe(ids);
});

test('close rejects what still waits, and all that comes after', async () => {
  const sender = producer();
  const waiting = sender.send([{ ...record('k', '1'), topic: 'missing' }]);
  sender.close();
  await expect(waiting).rejects.toThrow('the producer is closed');
  await expect(sender.send([record('k', '2')])).rejects.toThrow('the producer is closed');
});

test('flush resolves when everything is acknowledged', async () => {
  const sender = producer();
  let written = false;
  void sender.send([record('k', '1')]).then(() => {
    written = true;
  });
  await sender.flush();
  expect(written).toBe(true);
});
