// When batches go: linger, batchRecords, maxInFlight, retries, flush and close.
// Row S-28.
import { expect, test } from 'vitest';
import type { KafkaClient } from '../../../runtime/kafka/port.ts';
import { kafkaErrors } from '../../../runtime/protocol/error-codes.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { until } from '../../../runtime/testing/until.ts';
import { record, setup } from './support.ts';

/** Counts Produce requests that are not answered. */
function counting(client: KafkaClient) {
  const counted = { now: 0, most: 0 };
  const send: KafkaClient['send'] = async (to, purpose, api, request, options) => {
    if (api.name !== 'Produce') return client.send(to, purpose, api, request, options);
    counted.most = Math.max(counted.most, ++counted.now);
    try {
      return await client.send(to, purpose, api, request, options);
    } finally {
      counted.now--;
    }
  };
  return { counted, client: { ...client, send } as unknown as KafkaClient };
}

test.each([1, 3, 5])('with maxInFlight %i so many requests are on their way, and no more', async (maxInFlight) => {
  const { broker, kafka, producer, values } = await setup();
  const { client, counted } = counting(kafka.client);
  const sender = producer({ maxInFlight, batchRecords: 1 }, { client });
  await sender.send([record('k', 'first')]);
  broker.control.next('Produce', { kind: 'delay', ms: 20 });
  await sender.send(Array.from({ length: 30 }, (_, i) => record('k', String(i))));
  expect(counted.most).toBe(maxInFlight);
  expect(await values()).toEqual(['first', ...Array.from({ length: 30 }, (_, i) => String(i))]);
});

test('maxInFlight counts the requests of all partitions of a broker', async () => {
  const { broker, kafka, producer } = await setup();
  const { client, counted } = counting(kafka.client);
  const sender = producer({ maxInFlight: 2, batchRecords: 1 }, { client });
  const to = (partition: number) => sender.send([{ ...record('k', 'x'), partition }]);
  await Promise.all([to(0), to(1), to(2)]);
  broker.control.next('Produce', { kind: 'delay', ms: 20 });
  const sent: Promise<unknown>[] = [];
  for (const partition of [0, 1, 2, 0, 1, 2]) {
    sent.push(to(partition));
    await Promise.resolve().then(() => {}); // a request of its own
  }
  await Promise.all(sent);
  expect(counted.most).toBe(2);
});

test('without idempotence a partition has one batch on its way, and partitions go side by side', async () => {
  const { broker, kafka, producer } = await setup();
  const { client, counted } = counting(kafka.client);
  const sender = producer({ batchRecords: 1, idempotent: false }, { client });
  await sender.send([record('k', 'first')]);
  broker.control.next('Produce', { kind: 'delay', ms: 20 });
  await sender.send(Array.from({ length: 10 }, (_, i) => record('k', String(i))));
  expect(counted.most).toBe(1);
});

test('linger: what comes meanwhile goes along; a full batch and a flush do not wait', async () => {
  const { broker, producer, values } = await setup();
  const clock = new ManualClock();
  const sender = producer({ lingerMs: 100, batchRecords: 3 }, { clock });
  const first = sender.send([record('k', '1')]);
  const second = sender.send([record('k', '2')]);
  await sender.flush();
  await Promise.all([first, second]);
  const before = broker.control.served('Produce');
  expect(before).toBe(1);
  const lingering = [sender.send([record('k', '3')]), sender.send([record('k', '4')])];
  await sender.send([record('other', 'x'), record('other', 'y'), record('other', 'z')]); // three are full
  expect(await values()).not.toContain('3');
  await clock.advance(100);
  await Promise.all(lingering);
  expect(broker.control.served('Produce')).toBe(before + 2);
});

test('a batch is sent again `retries` times after an error that may pass; then its records fail, and the next ones go', async () => {
  const { broker, producer, values } = await setup();
  const sender = producer({ retries: 2, batchRecords: 2 });
  const timedOut = { kind: 'error', code: kafkaErrors.REQUEST_TIMED_OUT } as const;
  broker.control.next('Produce', timedOut, timedOut, timedOut);
  const { failures, places } = await sender.deliver(['1', '2', '3'].map((value) => record('k', value)));
  expect(failures).toMatchObject([
    { index: 0, error: { code: 'RT_KAFKA_REFUSED', kafkaError: { code: 7 }, retryable: true } },
    { index: 1, error: { message: expect.stringContaining('after 2 retries (producer.retries)') as unknown } },
  ]);
  expect(places[2]).toMatchObject({ offset: 0 });
  expect(await values()).toEqual(['3']);
});

test('a dead letter is sent again for as long as there is time', async () => {
  const { broker, producer, values } = await setup();
  broker.control.next('Produce', { kind: 'error', code: kafkaErrors.REQUEST_TIMED_OUT }, { kind: 'loseAnswer' });
  await producer({ retries: 0 }).send([record('k', '1')], { deadLetter: true });
  expect(await values()).toEqual(['1']);
});

test('waiting for a leader is no retry', async () => {
  const { broker, producer, values } = await setup();
  const sender = producer({ retries: 0 });
  const moved = { kind: 'error', code: kafkaErrors.NOT_LEADER_OR_FOLLOWER } as const;
  broker.control.next('Produce', moved, moved, { kind: 'close' }, moved);
  await sender.send([record('k', '1')]);
  expect(await values()).toEqual(['1']);
});

test('a record that Kafka takes for invalid fails alone, and those of its batch are written', async () => {
  const { broker, producer, values } = await setup();
  const invalid = { kind: 'error', code: kafkaErrors.INVALID_RECORD } as const;
  const pass = { kind: 'pass' } as const;
  // Eight are refused, the first four go, the second four are refused, and so on down to the seventh.
  broker.control.next('Produce', invalid, pass, invalid, pass, invalid, invalid);
  const { failures } = await producer({ maxInFlight: 1 }).deliver(
    Array.from({ length: 8 }, (_, i) => record('k', String(i))),
  );
  expect(failures).toMatchObject([
    { index: 6, error: { kafkaError: { code: 87 }, message: expect.stringContaining('without a key') as unknown } },
  ]);
  expect(await values()).toEqual(['0', '1', '2', '3', '4', '5', '7']);
});

test('a partition that is not there is looked for once, then refused', async () => {
  const { broker, producer } = await setup();
  const sender = producer();
  await sender.send([record('k', '1')]);
  const asked = broker.control.served('Metadata');
  const { failures, places } = await sender.deliver([{ ...record('k', '2'), partition: 9 }, record('k', '3')]);
  expect(failures).toMatchObject([
    {
      index: 0,
      error: { code: 'RT_PUBLISH_INVALID', message: expect.stringContaining('partitions 0 to 2') as unknown },
    },
  ]);
  expect(places[1]).toMatchObject({ offset: 1 });
  expect(broker.control.served('Metadata')).toBeGreaterThan(asked);
});

test('a topic that is not known within maxBlock fails its records, with what to do', async () => {
  const { producer } = await setup();
  const sender = producer({ maxBlockMs: 50 });
  await expect(sender.send([{ ...record('k', '1'), topic: 'missing' }])).rejects.toMatchObject({
    code: 'RT_KAFKA_TIMEOUT',
    message: expect.stringContaining('create the topic, or correct its name') as unknown,
  });
});

test('a partition that always has something does not hold back the others', async () => {
  const { producer } = await setup();
  const sender = producer({ batchBytes: 900_000, maxInFlight: 1 });
  let stopped = false;
  let busy = 0;
  const keepBusy = async (): Promise<void> => {
    while (!stopped) {
      await sender.send([{ ...record('k', 'x'.repeat(800_000)), partition: 0 }]);
      busy++;
    }
  };
  const load = [keepBusy(), keepBusy(), keepBusy()];
  await until(() => busy > 3);
  await Promise.all([1, 2].map((partition) => sender.send([{ ...record('k', 'y'.repeat(800_000)), partition }])));
  stopped = true;
  await Promise.all(load);
});

test('close with records on their way settles each of them once', async () => {
  const { broker, kafka, producer, values } = await setup();
  const { client, counted } = counting(kafka.client);
  const sender = producer({ batchRecords: 1 }, { client });
  await sender.send([record('k', 'first')]);
  broker.control.next('Produce', { kind: 'delay', ms: 1_000 });
  const sent = sender.deliver(Array.from({ length: 20 }, (_, i) => record('k', String(i))));
  await until(() => counted.now === 5);
  sender.close();
  const { failures, places } = await sent;
  expect(failures).toHaveLength(20);
  expect(places.every((place) => place === null)).toBe(true);
  for (const { error } of failures) {
    expect(error).toMatchObject({
      code: 'RT_KAFKA_CONNECTION',
      message: expect.stringContaining('may have been written') as unknown,
    });
  }
  await until(() => counted.now === 0);
  expect((await values()).length).toBe(6); // the five that were on their way
  expect(sender.bufferedBytes).toBe(0);
});
