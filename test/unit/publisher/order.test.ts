// Several batches of a partition are on their way at once, requests fail and answers are lost: what is written stays in
// the order of sending, nothing is missing, and with idempotence nothing is there twice.
// Row S-29.
import { expect, onTestFinished, test } from 'vitest';
import type { ControlAction } from '../../../runtime/broker/controls.ts';
import { type Random, seededRandom } from '../../../runtime/core/random.ts';
import { Cluster } from '../../../runtime/kafka/cluster.ts';
import { kafkaErrors } from '../../../runtime/protocol/error-codes.ts';
import { hastyClock, record, type Setup, setup } from './support.ts';

const records = 300;
const keys = ['a', 'b', 'c', 'd'];

/** What passes by itself: it is no retry, or there are enough of them. */
const passing: readonly ControlAction[] = [
  { kind: 'error', code: kafkaErrors.NOT_LEADER_OR_FOLLOWER },
  { kind: 'error', code: kafkaErrors.REQUEST_TIMED_OUT },
  { kind: 'error', code: kafkaErrors.NOT_ENOUGH_REPLICAS },
  { kind: 'delay', ms: 5 },
  { kind: 'close' },
  { kind: 'loseAnswer' },
];

function faults(random: Random): ControlAction[] {
  return Array.from({ length: 60 }, () =>
    random() < 0.25 ? passing[Math.floor(random() * passing.length)]! : { kind: 'pass' },
  );
}

function hasty({ kafka: { client } }: Setup) {
  const cluster = new Cluster({ client, clock: hastyClock, random: seededRandom(1) });
  onTestFinished(() => cluster.close());
  return { cluster, clock: hastyClock, requestTimeoutMs: 600_000, deliveryTimeoutMs: 12_000_000 };
}

test.each([1, 2, 3, 4, 5])('nothing is lost, doubled or out of order: seed %i', async (seed) => {
  const random = seededRandom(seed);
  const made = await setup();
  const { broker, kafka, producer } = made;
  const sender = producer({ batchRecords: 3, retries: 100 }, hasty(made));
  broker.control.next('Produce', ...faults(random));
  const sent: Promise<unknown>[] = [];
  for (let i = 0; i < records; i++) {
    sent.push(sender.send([record(keys[i % keys.length]!, String(i))]));
    if (random() < 0.1) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(sent);
  const stored = (await kafka.read('orders')).map(({ key, value }) => ({ key: String(key), value: Number(value) }));
  for (const [at, key] of keys.entries()) {
    const expected = Array.from({ length: records / keys.length }, (_, i) => at + i * keys.length);
    expect(stored.filter((one) => one.key === key).map(({ value }) => value)).toEqual(expected);
  }
  expect(stored).toHaveLength(records);
});

test.each([1, 2, 3])(
  'without idempotence nothing is lost, and the first time of each is in order: seed %i',
  async (seed) => {
    const random = seededRandom(seed);
    const made = await setup();
    const { broker, kafka, producer } = made;
    const sender = producer({ batchRecords: 3, retries: 100, idempotent: false, acks: 1 }, hasty(made));
    broker.control.next('Produce', ...faults(random));
    await Promise.all(Array.from({ length: records }, (_, i) => sender.send([record('a', String(i))])));
    const stored = (await kafka.read('orders')).map(({ value }) => Number(value));
    const first = [...new Set(stored)];
    expect(first).toEqual(Array.from({ length: records }, (_, i) => i));
  },
);

test('what is refused for good is missing, and all the others are in order', async () => {
  const { broker, kafka, producer } = await setup();
  const sender = producer({ batchRecords: 2 });
  await sender.send([record('a', 'first')]); // the broker knows the producer: now batches go side by side
  const pass = { kind: 'pass' } as const;
  broker.control.next('Produce', pass, { kind: 'error', code: kafkaErrors.INVALID_TIMESTAMP }, pass, pass, {
    kind: 'error',
    code: kafkaErrors.TOPIC_AUTHORIZATION_FAILED,
  });
  const { failures } = await sender.deliver(Array.from({ length: 20 }, (_, i) => record('a', String(i))));
  expect(failures.map(({ index }) => index).length).toBeGreaterThan(0);
  const lost = new Set(failures.map(({ index }) => String(index)));
  const expected = Array.from({ length: 20 }, (_, i) => String(i)).filter((value) => !lost.has(value));
  expect((await kafka.read('orders')).map(({ value }) => String(value))).toEqual(['first', ...expected]);
});
